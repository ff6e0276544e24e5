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
    /// What cannot be read at all: where it is, and why.
    var unreadable: [(path: String, why: String)] = []
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
    if let text = Self.read(path, 256) {
      guard text.split(separator: "\n").first.map(String.init) == Self.format else {
        throw Refusal(
          text: "\(path) says '\(text.prefix(60).split(separator: "\n").first ?? "")', and this program reads "
            + "'\(Self.format)': use the version that wrote the folder, or another folder with --data")
      }
      return
    }
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    let text = Array("\(Self.format)\n".utf8)
    guard file >= 0, text.withUnsafeBytes({ write(file, $0.baseAddress, $0.count) }) == text.count, fsync(file) == 0
    else { throw Refusal(text: JournalError("write \(path)", errno).text) }
    Glibc.close(file)
    do throws(JournalError) { try JournalFolder.sync(folder: folder.path) } catch { throw Refusal(text: error.text) }
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

  private static func read(_ path: String, _ count: Int) -> String? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: count)
    let got = fread(&bytes, 1, count, file)
    return String(decoding: bytes[..<got], as: UTF8.self)
  }

  // MARK: The batches

  /// A batch that cannot be read costs no other.
  func readBatches() -> Contents {
    var contents = Contents()
    readPools(into: &contents)
    let ids: [UUIDv7]
    do throws(JournalError) { ids = try Self.identifiers(in: "\(folder.path)/batches") } catch {
      contents.unreadable.append(("\(folder.path)/batches", error.text))
      return contents
    }
    for id in ids {
      do throws(JournalError) {
        if let batch = try Self.read(id, in: folder) {
          contents.batches.append(batch)
        } else {
          // Nobody was told that it was accepted, or its removal was broken off.
          folder.remove(id)
        }
      } catch {
        contents.unreadable.append((folder.path(of: id), error.text))
      }
    }
    return contents
  }

  /// Ascending: the oldest first.
  private static func identifiers(in path: String) throws(JournalError) -> [UUIDv7] {
    guard let listing = opendir(path) else { throw JournalError("list \(path)", errno) }
    defer { closedir(listing) }
    var ids: [UUIDv7] = []
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if let id = UUIDv7(name) { ids.append(id) }
    }
    return ids.sorted()
  }

  /// Nil for a batch that was never accepted. Cuts torn tails off.
  static func read(_ id: UUIDv7, in folder: JournalFolder) throws(JournalError) -> Batch? {
    if let ended = try readEnded(id, in: folder) { return ended }
    var recovery = BatchRecovery(noteLimit: CoordinatorLimits.attemptsNoted)
    let tasks = JournalLog(batch: id, kind: .tasks)
    guard
      let read = try folder.scan(
        tasks,
        {
          recovery.takeTask($1, at: $0); return true
        })
    else { return nil }
    recovery.endTasks(read.scanner)
    guard recovery.manifest != nil else { return nil }
    // What a call brought an open batch without being told that it was taken must not stand before the next one's.
    let end = min(read.end, recovery.promisedEnd)
    if end < read.bytes { folder.cut(tasks, at: end) }
    var bytes: [JournalLog.Kind: Int] = [.tasks: end, .results: 0]
    let results = JournalLog(batch: id, kind: .results)
    if let read = try folder.scan(
      results,
      {
        recovery.takeResult($1, at: $0); return true
      })
    {
      recovery.endResults(read.scanner)
      if read.end < read.bytes { folder.cut(results, at: read.end) }
      bytes[.results] = read.end
    }
    return Batch(id: id, found: .running(recovery), bytes: bytes)
  }

  private static func readEnded(_ id: UUIDv7, in folder: JournalFolder) throws(JournalError) -> Batch? {
    let log = JournalLog(batch: id, kind: .ended)
    var ended: (BatchManifest, BatchOutcome)?
    var callback: CallbackState?
    let read = try folder.scan(log) { _, payload in
      switch JournalRecord(payload) {
      case .ended(let bytes)?: ended = EndedBatch.parse(bytes) ?? ended
      case .called(let bytes)?: callback = CallbackState(bytes) ?? callback
      default: break
      }
      return true
    }
    guard let ended, let read, let tasks = folder.byteCount(of: JournalLog(batch: id, kind: .tasks)) else { return nil }
    // What follows must not stand behind half a record.
    if read.end < read.bytes { folder.cut(log, at: read.end) }
    var bytes: [JournalLog.Kind: Int] = [.tasks: tasks, .ended: read.end]
    bytes[.results] = folder.byteCount(of: JournalLog(batch: id, kind: .results))
    return Batch(id: id, found: .ended(ended.0, ended.1, callback), bytes: bytes)
  }
}

// MARK: The pools

extension JournalOpening {
  /// A pool that cannot be read costs no other; batches that take from it get nothing more.
  private func readPools(into contents: inout Contents) {
    let path = "\(folder.path)/pools"
    do throws(JournalError) {
      for id in try Self.identifiers(in: path) {
        do throws(JournalError) {
          if let pool = try Self.readPool(id, in: folder) {
            contents.pools.append(pool)
          } else {
            folder.remove(id)
          }
        } catch {
          contents.unreadable.append((folder.path(ofPool: id), error.text))
        }
      }
    } catch {
      // Nobody ever made a pool here.
      if error.errno != ENOENT { contents.unreadable.append((path, error.text)) }
    }
  }

  /// Nil for a pool that nobody was told of. Cuts a torn tail off.
  private static func readPool(
    _ id: UUIDv7, in folder: JournalFolder
  ) throws(JournalError) -> FoundPool? {
    var recovery = PoolRecovery()
    let items = JournalLog(batch: id, kind: .items)
    guard
      let read = try folder.scan(
        items,
        {
          recovery.takeItem($1, at: $0); return true
        })
    else { return nil }
    recovery.endItems(read.scanner)
    guard recovery.manifest?.id == id else { return nil }
    let end = min(read.end, recovery.promisedEnd)
    if end < read.bytes { folder.cut(items, at: end) }
    var bytes: [JournalLog.Kind: Int] = [.items: end, .uses: 0]
    let uses = JournalLog(batch: id, kind: .uses)
    if let read = try folder.scan(
      uses,
      {
        recovery.takeUse($1); return true
      })
    {
      recovery.endUses(read.scanner)
      if read.end < read.bytes { folder.cut(uses, at: read.end) }
      bytes[.uses] = read.end
    }
    return FoundPool(recovery: recovery, bytes: bytes)
  }
}
