import Batch
import Clockwork
import Glibc
import Loop

/// What is to be written to one log.
struct JournalWrite: Sendable {
  let log: JournalLog
  /// The log's, when this was handed over.
  let generation: UInt64
  let offset: Int
  let bytes: [UInt8]
}

/// The folder of a journal. Every call blocks.
///
///     DIR/lock              held as long as a coordinator uses the folder; its process number inside
///     DIR/format            the version of all that follows
///     DIR/batches/ID/       one batch: tasks.log, results.log, and ended once it has ended
///     DIR/pools/ID/         one pool: items.log, uses.log
///     …/ID.removed          one whose removal has begun
///     …/ID/KIND.log.OFFSET  what stood damaged behind the last promise of a log, and was cut off it
///
/// Files are opened for each call, so that ever so many batches hold no descriptors.
struct JournalFolder: Sendable {
  let path: String

  func path(of batch: UUIDv7) -> String { "\(batches)/\(batch.text)" }

  var batches: String { "\(path)/batches" }
  var pools: String { "\(path)/pools" }

  func path(ofPool pool: UUIDv7) -> String { "\(pools)/\(pool.text)" }

  func path(of log: JournalLog) -> String {
    folder(of: log) + (log.kind == .ended ? "/ended" : "/\(log.kind.rawValue).log")
  }

  private func folder(of log: JournalLog) -> String {
    log.kind.isOfPool ? path(ofPool: log.batch) : path(of: log.batch)
  }

  // MARK: Writing

  /// Writes and syncs a group.
  ///
  /// - Returns: for each what went wrong with it.
  func write(_ group: [JournalWrite]) -> [JournalTrouble?] {
    guard freeBytes > group.reduce(JournalLimits.spareBytes, { $0 + $1.bytes.count }) else {
      return group.map { _ in .full }
    }
    var outcomes: [JournalTrouble?] = []
    var creations: [Creation?] = []
    for write in group {
      do throws(JournalError) {
        creations.append(try self.write(write))
        outcomes.append(nil)
      } catch {
        creations.append(nil)
        outcomes.append(error.trouble)
      }
    }
    // Each once, however many batches of the group are new. Else a power failure could leave a synced file that no
    // folder names.
    for folder in Set(creations.lazy.compactMap { $0?.folders }.joined()) {
      do throws(JournalError) { try Self.sync(folder: folder) } catch {
        for place in group.indices where creations[place]?.folders.contains(folder) == true {
          outcomes[place] = error.trouble
        }
      }
    }
    for place in group.indices where outcomes[place] != nil { creations[place]?.undo() }
    return outcomes
  }

  /// A file that was not there, and the folders to sync until it is sure to be there.
  private struct Creation {
    let path: String
    var folders: [String]

    /// Else the next try would find it there, and leave the folders out.
    func undo() { unlink(path) }
  }

  private func write(_ write: JournalWrite) throws(JournalError) -> Creation? {
    let path = path(of: write.log)
    var file = open(path, O_WRONLY | O_CLOEXEC)
    var creation: Creation?
    if file < 0, errno == ENOENT, write.offset == 0 {
      creation = Creation(path: path, folders: try makeFolder(of: write.log))
      file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
      if write.log.kind == .tasks { makeResults(of: write.log.batch) }
    }
    guard file >= 0 else { throw JournalError("open \(path)", errno) }
    defer { Glibc.close(file) }
    do throws(JournalError) {
      try Self.write(write.bytes, at: write.offset, to: file, path)
      guard fdatasync(file) == 0 else { throw JournalError("sync \(path)", errno) }
    } catch {
      creation?.undo()
      throw error
    }
    return creation
  }

  /// A batch gets its log of results with that of its tasks: else its first result would wait for the folders, too. If
  /// that fails, it does.
  private func makeResults(of batch: UUIDv7) {
    let path = path(of: JournalLog(batch: batch, kind: .results))
    let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    if file >= 0 { Glibc.close(file) }
  }

  /// - Returns: what must be synced once a file is made in it. The folder above only with the first log, which makes
  ///   the folder: later ones come when that is durable.
  private func makeFolder(of log: JournalLog) throws(JournalError) -> [String] {
    if log.kind.isOfPool { mkdir(pools, 0o700) }
    let path = folder(of: log)
    let isMade = mkdir(path, 0o700) == 0
    guard isMade || errno == EEXIST else { throw JournalError("make the folder \(path)", errno) }
    guard isMade || log.kind == .tasks || log.kind == .items else { return [path] }
    return log.kind.isOfPool ? [path, pools, self.path] : [path, "\(self.path)/batches"]
  }

  static func write(_ bytes: [UInt8], at offset: Int, to file: Int32, _ path: String) throws(JournalError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(file, $0.baseAddress! + done, $0.count - done, off_t(offset + done))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw JournalError("write \(path)", count == 0 ? ENOSPC : errno) }
      done += count
    }
  }

  static func sync(folder: String) throws(JournalError) {
    let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw JournalError("open \(folder)", errno) }
    defer { Glibc.close(file) }
    guard fsync(file) == 0 else { throw JournalError("sync \(folder)", errno) }
  }

  /// What is left for this process on the disk; very much where the disk does not say.
  var freeBytes: Int {
    var disk = statvfs()
    guard statvfs(path, &disk) == 0 else { return .max }
    return Int(disk.f_bavail) * Int(disk.f_frsize)
  }

  /// Takes the end of a log away, for good: a crash must not bring back what nobody was promised.
  func cut(_ log: JournalLog, at offset: Int) throws(JournalError) {
    let path = path(of: log)
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw JournalError("open \(path)", errno) }
    defer { Glibc.close(file) }
    guard ftruncate(file, off_t(offset)) == 0, fdatasync(file) == 0 else { throw JournalError("cut \(path)", errno) }
  }

  // MARK: Reading

  /// Up to `count` bytes, fewer at the end; nil where that fails.
  func read(_ log: JournalLog, from offset: Int, count: Int) -> [UInt8]? {
    guard count > 0 else { return [] }
    let file = open(path(of: log), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { Glibc.close(file) }
    return try? Self.read(file, from: offset, count: count)
  }

  /// Nil for a log that is not there.
  func byteCount(of log: JournalLog) throws(JournalError) -> Int? {
    var status = stat()
    if stat(path(of: log), &status) == 0 { return Int(status.st_size) }
    guard errno == ENOENT else { throw JournalError("look at \(path(of: log))", errno) }
    return nil
  }

  static func read(_ file: Int32, from offset: Int, count: Int) throws(JournalError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count {
        let got = pread(file, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = errno }
        guard got > 0 else { break }
        filled += got
      }
    }
    if failure != 0 { throw JournalError("read", failure) }
    return bytes
  }

  /// Hands a log's records to `record`, piece by piece, and says what was between them; nil for a log that is not
  /// there.
  ///
  /// - Returns: the scanner, and where the last record ends.
  func scan(
    _ log: JournalLog, _ record: (Int, ArraySlice<UInt8>) -> Bool
  ) throws(JournalError) -> (scanner: RecordScanner, end: Int, bytes: Int)? {
    let path = path(of: log)
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      guard errno == ENOENT else { throw JournalError("open \(path)", errno) }
      return nil
    }
    defer { Glibc.close(file) }
    posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL)
    var scanner = RecordScanner()
    var offset = 0
    while true {
      let piece = try Self.read(file, from: offset, count: JournalLimits.scanBytes)
      offset += piece.count
      guard scanner.take(piece, record), piece.count == JournalLimits.scanBytes else { break }
    }
    // First, for it is what notices damage at the end.
    let end = scanner.finish(record)
    return (scanner, end, offset)
  }
}

extension JournalLog.Kind {
  fileprivate var isOfPool: Bool { self == .items || self == .uses }
}

/// What went wrong with a file.
struct JournalError: Error, Equatable {
  let context: String
  let errno: Int32

  init(_ context: String, _ errno: Int32) { (self.context, self.errno) = (context, errno) }

  var text: String { "cannot \(context): \(LoopError.text(of: errno))" }

  var trouble: JournalTrouble { errno == ENOSPC || errno == EDQUOT ? .full : .failing(text) }
}
