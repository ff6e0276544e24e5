import Glibc
import Loop

/// Writes a key file anew, so that a restart has the keys of today: all of it or nothing, on disk before anybody is
/// told, and readable by its owner alone.
enum KeyFileWriter {
  private static let note = "# The first key encrypts, all decrypt. Written by `ignareo keys`.\n"

  /// As the blocking one, on a thread of its own, since a disk keeps its writer waiting.
  static func write(
    _ keyring: Keyring, to path: String, on loop: EventLoop
  ) async throws(LoopError) -> FileReplacement.Outcome {
    let result = try await BlockingCall.run("key file", on: loop) { () -> Result<FileReplacement.Outcome, LoopError> in
      do throws(LoopError) { return .success(try write(keyring, to: path)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  /// Blocks.
  static func write(_ keyring: Keyring, to path: String) throws(LoopError) -> FileReplacement.Outcome {
    // A link stays a link: the file that it leads to is written.
    guard let resolved = realpath(path, nil) else { throw LoopError(errno: errno, "find \(path)") }
    defer { free(resolved) }
    let text = note + keyring.keys.map { $0.base64 + "\n" }.joined()
    return try FileReplacement.write(Array(text.utf8), to: String(cString: resolved))
  }
}
