import Glibc
import Gossip

/// Where `--output` puts the results, a line each.
///
/// Guarded by: the loop's thread, on which the command runs.
final class OutputFile: @unchecked Sendable {
  let isStandardOutput: Bool
  private let path: String
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private(set) var lines = 0
  /// Why the file took no more; the batch goes on all the same.
  private(set) var failure: Failure?

  /// - Parameters:
  ///   - path: `-` is standard output; a file that exists is written anew.
  ///   - flag: what named it, for the message of an error.
  init(_ path: String, flag: String = "output") throws(UsageError) {
    self.path = path
    isStandardOutput = path == "-"
    descriptor = isStandardOutput ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      throw UsageError(origin: "flag --\(flag)", why: "'\(Table.printable(path))' cannot be written: \(reason)")
    }
  }

  deinit { if !isStandardOutput { close(descriptor) } }

  func add(_ line: ArraySlice<UInt8>) {
    lines += 1
    pending += line
    pending.append(UInt8(ascii: "\n"))
    if pending.count >= 64 << 10 { flush() }
  }

  func flush() {
    if failure == nil, !pending.isEmpty, !Terminal.write(pending[...], to: descriptor) {
      failure = Failure("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    pending.removeAll(keepingCapacity: true)
  }
}
