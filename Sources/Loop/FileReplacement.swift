import Glibc

/// A small file written anew: all of it takes the place of the old one or nothing does, and only its owner may read it.
package enum FileReplacement {
  /// What a file is after it was replaced.
  package enum Outcome: Sendable, Equatable {
    case onDisk
    /// It is there, but until the folder is on disk a power cut may bring the old one back; why, for people.
    case unsynced(cause: String)
  }

  /// Blocks.
  ///
  /// - Throws: when the old file is still there, untouched.
  package static func write(_ bytes: [UInt8], to path: String) throws(LoopError) -> Outcome {
    // Made by mkstemp: new, and with mode 0600, before the first byte is in it.
    var template = Array("\(path).XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw LoopError(errno: errno, "make a file beside \(path)") }
    let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    do throws(LoopError) {
      defer { close(descriptor) }
      try writeAll(bytes, to: descriptor, named: path)
      guard fsync(descriptor) == 0 else { throw LoopError(errno: errno, "sync \(path)") }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let failure = errno
      unlink(temporary)
      throw LoopError(errno: failure, "replace \(path)")
    }
    return syncFolder(of: path)
  }

  /// A full disk may take a part.
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32, named path: String) throws(LoopError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw LoopError(errno: count < 0 ? errno : ENOSPC, "write \(path)") }
      written += count
    }
  }

  private static func syncFolder(of path: String) -> Outcome {
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
    let descriptor = open(String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return .unsynced(cause: "open the folder: \(LoopError.text(of: errno))") }
    defer { close(descriptor) }
    // Some file systems cannot sync a folder; they keep its order without.
    if fsync(descriptor) == 0 || errno == EINVAL { return .onDisk }
    return .unsynced(cause: "sync the folder: \(LoopError.text(of: errno))")
  }
}
