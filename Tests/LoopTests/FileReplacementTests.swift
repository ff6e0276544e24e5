import Foundation
import Testing

@testable import Loop

@Suite("a small file written anew") struct FileReplacementTests {
  @Test("the new file takes the old one's place whole, for its owner alone, and nothing else is left")
  func replaced() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-replaced-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "file").path
    for text in ["first", "", String(repeating: "longer than one page ", count: 10_000)] {
      #expect(try FileReplacement.write(Array(text.utf8), to: path) == .onDisk)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }
    var facts = stat()
    #expect(stat(path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
  }

  @Test("what cannot be written says why, with the kernel's own word")
  func refused() throws {
    #expect { try FileReplacement.write([1], to: "/nowhere/file") } throws: { error in
      (error as? LoopError)?.errno == ENOENT
    }
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    #expect { try FileReplacement.writeAll([1], to: full, named: "file") } throws: { error in
      (error as? LoopError)?.errno == ENOSPC
    }
  }

  @Test("a file that is taken piece by piece is written to its end")
  func pieces() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (reader, writer) = (ends[0], ends[1])
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
    let thread = Thread {
      try? FileReplacement.writeAll(bytes, to: writer, named: "pipe")
      close(writer)
    }
    thread.start()
    var read: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1000)
    while true {
      let count = Glibc.read(reader, &piece, piece.count)
      guard count > 0 else { break }
      read += piece[..<count]
    }
    close(reader)
    #expect(read == bytes)
  }
}
