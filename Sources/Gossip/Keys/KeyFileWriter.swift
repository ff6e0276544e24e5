import Glibc
import Loop

/// Writes a key file anew, so that a restart has the keys of today: all of it or nothing, on disk before anybody is
/// told, and readable by its owner alone.
enum KeyFileWriter {
  private static let note = "# The first key encrypts, all decrypt. Written by `ignareo keys`.\n"

  /// Writes on a thread of its own, since a disk keeps its writer waiting, and calls `done` on the loop: with the cause
  /// where it failed, nil where it is written.
  static func write(
    _ keyring: Keyring, to path: String, on loop: EventLoop, then done: @escaping (_ cause: String?) -> Void
  ) {
    let writing = Writing(keyring, path, loop, done)
    let argument = Unmanaged.passRetained(writing).toOpaque()  // Guarded by: handed to the new thread alone.
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        Unmanaged<Writing>.fromOpaque(argument!).takeRetainedValue().work()
        return nil
      }, argument)
    guard failure == 0 else {
      Unmanaged<Writing>.fromOpaque(argument).release()
      return done("no thread for it: \(String(cString: strerror(failure)))")
    }
    pthread_detach(thread)
  }

  /// - Returns: the cause where it failed. Blocks.
  static func write(_ keyring: Keyring, to path: String) -> String? {
    // A link stays a link: the file that it leads to is written.
    guard let resolved = realpath(path, nil) else { return cause("find") }
    defer { free(resolved) }
    let target = String(cString: resolved)
    // Made by mkstemp: new, and with mode 0600, before the first byte is in it.
    var template = Array("\(target).XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { return cause("make a file beside") }
    let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let text = note + keyring.keys.map { $0.base64 + "\n" }.joined()
    var failure = writeAll(Array(text.utf8), to: descriptor)
    if failure == nil, fsync(descriptor) != 0 { failure = cause("sync") }
    close(descriptor)
    if failure == nil, rename(temporary, target) != 0 { failure = cause("replace") }
    guard failure == nil else {
      unlink(temporary)
      return failure
    }
    return syncFolder(of: target)
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> String? {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return cause("write") }
      rest = rest.dropFirst(count)
    }
    return nil
  }

  /// Until the folder is on disk, a power cut may bring the old file back.
  private static func syncFolder(of target: String) -> String? {
    let folder = target.lastIndex(of: "/").map { target[..<$0] } ?? ""
    let descriptor = open(folder.isEmpty ? "/" : String(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return cause("sync the folder") }
    defer { close(descriptor) }
    // Some file systems cannot sync a folder; they keep its order without.
    return fsync(descriptor) == 0 || errno == EINVAL ? nil : cause("sync the folder")
  }

  private static func cause(_ what: String) -> String { "\(what): \(String(cString: strerror(errno)))" }
}

/// One file that is being written. Guarded by: handed to its thread, which hands the outcome to the loop.
private final class Writing: @unchecked Sendable {
  private let keyring: Keyring
  private let path: String
  private let loop: EventLoop
  private let done: (String?) -> Void

  init(_ keyring: Keyring, _ path: String, _ loop: EventLoop, _ done: @escaping (String?) -> Void) {
    (self.keyring, self.path, self.loop, self.done) = (keyring, path, loop, done)
  }

  func work() {
    let cause = KeyFileWriter.write(keyring, to: path)
    loop.execute { [self] in done(cause) }
  }
}
