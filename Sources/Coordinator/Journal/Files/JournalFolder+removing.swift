import Clockwork
import Glibc

/// Removing batches and pools, and what stands in the way of their logs.
extension JournalFolder {
  private static let removed = ".removed"

  /// Removes a batch or a pool for good. Its folder gets another name first, in one step: what a crash leaves of it
  /// then is neither run again nor taken for a batch that lost a log.
  func remove(_ id: UUIDv7) throws(JournalError) {
    for (path, parent) in [(path(of: id), batches), (path(ofPool: id), pools)] {
      let renamed = path + Self.removed
      guard rename(path, renamed) == 0 else {
        if errno == ENOENT { continue }
        throw JournalError("remove \(path)", errno)
      }
      try Self.sync(folder: parent)
      try Self.clear(renamed)
    }
  }

  /// Ends removals that were broken off.
  func endRemovals() throws(JournalError) {
    for parent in [batches, pools] {
      for name in try Self.names(in: parent) where name.hasSuffix(Self.removed) { try Self.clear("\(parent)/\(name)") }
    }
  }

  private static func clear(_ path: String) throws(JournalError) {
    for name in try names(in: path) {
      guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else {
        throw JournalError("remove \(path)/\(name)", errno)
      }
    }
    guard rmdir(path) == 0 || errno == ENOENT else { throw JournalError("remove \(path)", errno) }
  }

  /// What a folder holds, in any order; nothing for one that is not there.
  static func names(in path: String) throws(JournalError) -> [String] {
    guard let listing = opendir(path) else {
      if errno == ENOENT { return [] }
      throw JournalError("list \(path)", errno)
    }
    defer { closedir(listing) }
    var names: [String] = []
    while true {
      // The end and a failure look alike but for this.
      errno = 0
      guard let entry = readdir(listing) else { break }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw JournalError("list \(path)", errno) }
    return names
  }

  /// Copies what stands in a log from an offset on into a file beside it, durably.
  ///
  /// - Returns: the file's path.
  func setAside(_ log: JournalLog, from start: Int) throws(JournalError) -> String {
    let (path, copy) = (path(of: log), "\(path(of: log)).\(start)")
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw JournalError("open \(path)", errno) }
    defer { close(file) }
    let target = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard target >= 0 else { throw JournalError("open \(copy)", errno) }
    defer { close(target) }
    var offset = start
    while true {
      let piece = try Self.read(file, from: offset, count: JournalLimits.scanBytes)
      guard !piece.isEmpty else { break }
      try Self.write(piece, at: offset - start, to: target, copy)
      offset += piece.count
    }
    guard fsync(target) == 0 else { throw JournalError("sync \(copy)", errno) }
    try Self.sync(folder: String(copy.prefix(upTo: copy.lastIndex(of: "/")!)))
    return copy
  }
}
