import Batch
import Clockwork
import Glibc
import Loop

/// Opens a journal's folder, which one process at a time may use, and reads back what it holds. Blocks.
struct JournalOpening: Sendable {
  /// One batch as its logs tell it.
  enum Found: Sendable {
    /// It has ended: its logs were not read.
    case ended(BatchManifest, BatchOutcome, CallbackState?)
    case running(BatchRecovery)
  }

  struct Batch: Sendable {
    let id: UUIDv7
    let found: Found
    /// How long each log is.
    let bytes: [JournalLog.Kind: Int]
  }

  struct FoundPool: Sendable {
    var recovery: PoolRecovery
    /// How long each log is.
    let bytes: [JournalLog.Kind: Int]
  }

  /// What kept a folder from being used, for people.
  struct Refusal: Error, Equatable {
    let text: String
  }

  private static let format = "ignareo journal 1"

  /// What a folder holds.
  struct Contents: Sendable {
    /// The oldest first.
    var batches: [Batch] = []
    var pools: [FoundPool] = []
    var unreadable: [Unreadable] = []
    var cuts: [Cut] = []
  }

  /// What cannot be served, and is left as it is.
  struct Unreadable: Sendable {
    enum Kind { case batch, pool }

    let kind: Kind
    let path: String
    /// The cause and, where that is known, the way out.
    let why: String
  }

  /// What was cut off a log: the torn tail of a write, or what nobody was promised.
  struct Cut: Sendable, Equatable {
    let path: String
    let offset: Int
    let bytes: Int
    /// Where a copy of it is; nil for what was never promised.
    let copy: String?
  }

  let folder: JournalFolder
  /// Held until the process ends.
  private let lock: Int32

  /// - Parameter path: made where it is missing.
  init(_ path: String) throws(Refusal) {
    folder = JournalFolder(path: path)
    do throws(JournalError) {
      try Self.make(path)
      lock = try Self.lock(folder)
    } catch {
      guard error.errno == EWOULDBLOCK else { throw Refusal(text: error.text) }
      throw Refusal(
        text: "another coordinator\(Self.owner(of: folder)) uses the folder \(path); give each its own with --data")
    }
    do throws(Refusal) {
      try checkFormat()
      try makeDurable()
    } catch {
      Glibc.close(lock)
      throw error
    }
  }

  func close() { Glibc.close(lock) }

  // MARK: The folder

  private static func make(_ path: String) throws(JournalError) {
    for (place, character) in path.enumerated().dropFirst() where character == "/" {
      mkdir(String(path.prefix(place)), 0o700)
    }
    for folder in [path, "\(path)/batches"] {
      guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw JournalError("make the folder \(folder)", errno) }
    }
  }

  private static func lock(_ folder: JournalFolder) throws(JournalError) -> Int32 {
    let path = "\(folder.path)/lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw JournalError("open \(path)", errno) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      Glibc.close(file)
      throw JournalError("lock \(path)", reason)
    }
    let text = Array("\(getpid())\n".utf8)
    ftruncate(file, 0)
    _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    return file
  }

  /// ` (process 123)`, as far as the lock's file tells.
  private static func owner(of folder: JournalFolder) -> String {
    guard let text = read("\(folder.path)/lock", 32), let pid = Int32(text.prefix { $0.isNumber }) else { return "" }
    return " (process \(pid))"
  }

  private func checkFormat() throws(Refusal) {
    let path = "\(folder.path)/format"
    // An empty one was made by a process that did not live to write it, in a folder that held nothing.
    if let text = try Self.format(at: path), !text.isEmpty {
      guard text.split(separator: "\n").first.map(String.init) == Self.format else {
        throw Refusal(
          text: "\(path) says '\(text.prefix(60).split(separator: "\n").first ?? "")', and this program reads "
            + "'\(Self.format)': use the version that wrote the folder, or another folder with --data")
      }
      return
    }
    let outcome: FileReplacement.Outcome
    do throws(LoopError) { outcome = try FileReplacement.write(Array("\(Self.format)\n".utf8), to: path) } catch {
      throw Refusal(text: "cannot \(error.description)")
    }
    if case .unsynced(let cause) = outcome { throw Refusal(text: "cannot \(cause)") }
  }

  /// Nil where there is none.
  private static func format(at path: String) throws(Refusal) -> String? {
    if let text = read(path, 256) { return text }
    guard errno == ENOENT else { throw Refusal(text: JournalError("read \(path)", errno).text) }
    return nil
  }

  /// Before anything is read: what a process that was killed had written and not synced is still in the kernel's
  /// memory, and would be gone with the power after readers had seen it. One call, for a folder may hold ever so many
  /// files.
  private func makeDurable() throws(Refusal) {
    let path = folder.path
    let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw Refusal(text: JournalError("open \(path)", errno).text) }
    defer { Glibc.close(file) }
    let failure = DiskThread.syncFileSystem(of: file)
    guard failure == 0 else { throw Refusal(text: JournalError("sync \(path)", failure).text) }
  }

  /// Nil where that fails, for which `errno` says the cause.
  private static func read(_ path: String, _ count: Int) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { Glibc.close(file) }
    var bytes = [UInt8](repeating: 0, count: count)
    let got = Glibc.read(file, &bytes, count)
    guard got >= 0 else { return nil }
    return String(decoding: bytes[..<got], as: UTF8.self)
  }
}
