import Glibc
import Gossip
import Loop

/// The file of a submission, or standard input, read piece by piece.
///
/// Guarded by: the loop's thread, on which the command runs.
final class InputFile: @unchecked Sendable {
  static let pieceBytes = 256 << 10

  /// As the person called it, for messages.
  let name: String
  private let descriptor: Int32
  /// A pipe or a terminal keeps its reader waiting; a file on disk does not, and epoll would refuse it.
  let keepsWaiting: Bool

  /// - Parameter path: `-` is standard input.
  init(_ path: String) throws(UsageError) {
    name = path == "-" ? "standard input" : path
    descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.cannotRead(path, errno) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else { throw Self.cannotRead(path, errno) }
    let kind = facts.st_mode & S_IFMT
    if kind == S_IFDIR { throw Self.cannotRead(path, EISDIR) }
    keepsWaiting = kind != S_IFREG
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// The next bytes, empty at the end.
  func next(on loop: EventLoop) async throws(Failure) -> [UInt8] {
    while true {
      if keepsWaiting { try await readable(loop) }
      var failure: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
        let got = read(descriptor, buffer.baseAddress, buffer.count)
        (count, failure) = got < 0 ? (0, errno) : (got, 0)
      }
      if failure == 0 { return bytes }
      guard failure == EINTR || failure == EAGAIN else {
        throw Failure("cannot read \(name): \(String(cString: strerror(failure)))")
      }
    }
  }

  /// Without a watch (a descriptor that epoll refuses, such as /dev/null) reading does not block.
  private func readable(_ loop: EventLoop) async throws(Failure) {
    try await Wait.until(on: loop) { end in
      let watch = try? loop.watch(descriptor, .read) { _ in end() }
      if watch == nil { end() }
      return { watch?.cancel() }
    }
  }

  private static func cannotRead(_ path: String, _ error: Int32) -> UsageError {
    UsageError(origin: "FILE", why: "'\(Table.printable(path))' cannot be read: \(String(cString: strerror(error)))")
  }
}
