import Clockwork
import JSON
import Testing

@testable import Batch

/// Records of the journal: their bytes, and what a scan makes of damaged ones.
@Suite struct JournalRecordTests {
  @Test(
    "the checksum is CRC-32C",
    arguments: [
      ("", 0), ("123456789", 0xe306_9283), (String(repeating: "\0", count: 32), 0x8a91_36aa),
    ] as [(String, UInt32)])
  func checksum(text: String, expected: UInt32) {
    // Vectors: RFC 3720, appendix B.4, and the catalogue of Koopman and Williams.
    #expect(CRC32C.checksum(Array(text.utf8)[...]) == expected)
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
      let before = CRC32C.checksum(bytes[..<cut])
      #expect(bytes[cut...].withUnsafeBytes { CRC32C.checksum($0, before: before) } == expected)
    }
  }

  @Test("a checksum goes on where another ended")
  func checksumInParts() {
    let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let whole = CRC32C.checksum(bytes[...])
    for cut in [0, 1, 7, 8, 9, 500, 999, 1_000] {
      let before = CRC32C.checksum(bytes[..<cut])
      #expect(bytes[cut...].withUnsafeBytes { CRC32C.checksum($0, before: before) } == whole)
    }
  }

  static let samples: [JournalRecord] = [
    .lane(number: 1, .init(type: "http", priority: -3, key: TaskKey("k".utf8), limit: TaskLimit(ratePerSecond: 2.5))),
    .lane(number: 2, .init(type: "", priority: 100, key: nil, limit: TaskLimit(concurrency: 7))),
    .task(
      .init(index: 7, lane: 1, attempts: 3, isRepeatable: false, id: Array("\"a\"".utf8)[...], bytes: [0x7b, 0x7d])),
    .accepted(total: 8, manifest: Array("{}".utf8)[...]), .closed,
    .node(number: 3, name: "n3"),
    .result(
      .init(
        seq: 1, index: 7, status: .error, node: 3, attempts: 2, durationMicroseconds: 1 << 40, line: [0x7b, 0x7d, 0x0a])
    ),
    .result(.init(seq: 2, index: 6, status: .unknown, node: nil, attempts: 0, durationMicroseconds: 0, line: [0x0a])),
    .attempt(index: 5, attempts: 1, detail: Array("{}".utf8)[...]),
    .sent(shard: UUIDv7("0197a000-0000-7000-8000-000000000001")!, node: "n3", indexes: [1, 2, .max]),
    .returned(indexes: [9]), .cancelled,
    .lost(.init(node: "n3", life: .max, at: -1, trialSize: 64, indexes: [0, .max])), .ended(Array("{}".utf8)[...]),
    .called(Array("{}".utf8)[...]),
  ]

  @Test("every record reads back as it was written")
  func roundTrip() {
    for record in Self.samples {
      var writer = RecordWriter()
      record.write(into: &writer)
      var found: [String] = []
      var scanner = RecordScanner()
      _ = scanner.take(writer.bytes) {
        found.append(Self.text($1)); return true
      }
      #expect(found == [Self.text(of: record)])
      #expect(scanner.finish { _, _ in true } == writer.bytes.count)
    }
  }

  @Test("a log is read in pieces of any size")
  func pieces() {
    let (bytes, offsets) = Self.log()
    for size in [1, 2, 11, 12, 13, 64, bytes.count] {
      var scanner = RecordScanner()
      var found: [Int] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        _ = scanner.take(Array(bytes[start..<min(start + size, bytes.count)])) { offset, _ in
          found.append(offset)
          return true
        }
      }
      #expect(
        scanner.finish { offset, _ in
          found.append(offset); return true
        } == bytes.count)
      #expect(found == offsets && scanner.damage.isEmpty)
    }
  }

  @Test("a log that ends anywhere ends behind its last whole record")
  func torn() {
    let (bytes, offsets) = Self.log()
    for count in 0..<bytes.count {
      let (found, end, scanner) = Self.scan(Array(bytes[..<count]))
      let whole = offsets.last { $0 <= count } ?? 0
      let expected = offsets.filter { $0 < whole }
      #expect(found == expected && end == whole && scanner.damage.isEmpty, "\(count) bytes")
    }
  }

  @Test("a flipped bit costs its own record and no other, and is told, also in the last one")
  func flipped() {
    let (bytes, offsets) = Self.log()
    let ends = offsets.dropFirst() + [bytes.count]
    for place in bytes.indices {
      var damaged = bytes
      damaged[place] ^= 1 << UInt8(place % 8)
      let (found, end, scanner) = Self.scan(damaged)
      let hit = offsets.lastIndex { $0 <= place }!
      #expect(found == offsets.enumerated().filter { $0.offset != hit }.map(\.element), "byte \(place)")
      let length = ends[ends.startIndex + hit] - offsets[hit]
      #expect(scanner.damage == [.init(offset: offsets[hit], bytes: length)] && end == bytes.count)
      #expect(scanner.damageEnd == offsets[hit] + length)
    }
  }

  @Test("payloads that are cut short are no records")
  func shortPayloads() {
    for record in Self.samples {
      var writer = RecordWriter()
      record.write(into: &writer)
      let payload = writer.bytes[RecordFrame.headBytes...]
      for count in 0..<payload.count {
        // Some shorter payloads are records of shorter content; none may trap.
        _ = JournalRecord(payload.prefix(count))
      }
    }
    #expect(JournalRecord([]) == nil && JournalRecord([200]) == nil)
    #expect(JournalRecord([17, 0, 0, 0, 0, 0, 0, 0, 0, 2]) == nil, "a result that is still running")
    #expect(JournalRecord([20, 0xff, 0xff, 0xff, 0xff]) == nil, "more indexes than bytes")
  }

  private static func log() -> (bytes: [UInt8], offsets: [Int]) {
    var writer = RecordWriter()
    var offsets: [Int] = []
    for record in samples {
      offsets.append(writer.bytes.count)
      record.write(into: &writer)
    }
    return (writer.bytes, offsets)
  }

  private static func scan(_ bytes: [UInt8]) -> (found: [Int], end: Int, RecordScanner) {
    var scanner = RecordScanner()
    var found: [Int] = []
    _ = scanner.take(bytes) { offset, _ in
      found.append(offset); return true
    }
    let end = scanner.finish { offset, _ in
      found.append(offset); return true
    }
    return (found, end, scanner)
  }

  private static func text(of record: JournalRecord) -> String {
    // Slices differ in where they begin; what they hold must not.
    var writer = RecordWriter()
    record.write(into: &writer)
    return "\(Array(writer.bytes[RecordFrame.headBytes...]))"
  }

  private static func text(_ payload: ArraySlice<UInt8>) -> String {
    JournalRecord(payload).map(text(of:)) ?? "no record: \(Array(payload))"
  }
}
