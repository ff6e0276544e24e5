import Batch
import Clockwork

/// The disk under a coordinator. What was synced survives everything; what was only written survives the process, but a
/// loss of power leaves of it nothing, a torn part, or bytes that were never written.
struct VirtualDisk {
  enum Kind: Int, CaseIterable { case tasks, results, ended }

  struct Log: Hashable, Comparable {
    let batch: UUIDv7
    let kind: Kind

    static func < (left: Log, right: Log) -> Bool {
      (left.batch, left.kind.rawValue) < (right.batch, right.kind.rawValue)
    }
  }

  struct Write {
    let log: Log
    let offset: Int
    let bytes: [UInt8]
  }

  private struct File {
    var bytes: [UInt8] = []
    var synced = 0
  }

  private var files: [Log: File] = [:]
  var isFull = false

  /// Ascending: the oldest first.
  var batches: [UUIDv7] { Set(files.keys.map(\.batch)).sorted() }

  func bytes(of log: Log) -> [UInt8]? { files[log]?.bytes }

  mutating func write(_ write: Write) {
    var file = files[write.log] ?? File()
    file.synced = min(file.synced, write.offset)
    let end = write.offset + write.bytes.count
    file.bytes = file.bytes.prefix(write.offset) + write.bytes + (end < file.bytes.count ? file.bytes[end...] : [])
    files[write.log] = file
  }

  mutating func sync(_ log: Log) {
    let end = files[log]?.bytes.count ?? 0
    files[log]?.synced = end
  }

  mutating func cut(_ log: Log, at offset: Int) {
    guard var file = files[log], offset < file.bytes.count else { return }
    file.bytes.removeSubrange(offset...)
    file.synced = min(file.synced, offset)
    files[log] = file
  }

  mutating func remove(_ batch: UUIDv7) {
    for kind in Kind.allCases { files[Log(batch: batch, kind: kind)] = nil }
  }

  /// The process ends in the middle of a group: of each write some part has reached the file.
  mutating func breakOff(_ group: [Write], using generator: inout SplitMix64) {
    for write in group {
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: break
      case 1: self.write(write)
      default:
        let torn = Int.random(in: 0...write.bytes.count, using: &generator)
        self.write(Write(log: write.log, offset: write.offset, bytes: Array(write.bytes.prefix(torn))))
      }
    }
  }

  /// The power goes: what the disk has then is what it has for good.
  mutating func losePower(using generator: inout SplitMix64) {
    for log in files.keys.sorted() {
      guard var file = files[log], file.synced < file.bytes.count else { continue }
      damage(&file.bytes, from: file.synced, using: &generator)
      file.synced = file.bytes.count
      files[log] = file.bytes.isEmpty ? nil : file
    }
  }

  private func damage(_ bytes: inout [UInt8], from synced: Int, using generator: inout SplitMix64) {
    switch Int.random(in: 0..<6, using: &generator) {
    case 0, 1: bytes.removeSubrange(synced...)
    case 2: bytes.removeSubrange(Int.random(in: synced...bytes.count, using: &generator)...)
    case 3:
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        bytes[Int.random(in: synced..<bytes.count, using: &generator)] ^=
          1 << UInt8.random(in: 0..<8, using: &generator)
      }
    case 4:
      // A page that the file's length counts and that never came.
      let hole = Int.random(in: synced..<bytes.count, using: &generator)
      for place in hole..<min(bytes.count, hole + Int.random(in: 1...400, using: &generator)) { bytes[place] = 0 }
    default: break
    }
  }
}
