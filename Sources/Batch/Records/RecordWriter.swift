/// Writes records one behind the other.
package struct RecordWriter {
  package var bytes: [UInt8] = []

  package init() {}

  /// Writes a record: `body` its payload behind the kind.
  mutating func record(_ kind: JournalRecord.Kind, _ body: (inout RecordWriter) -> Void) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: RecordFrame.headBytes))
    bytes.append(kind.rawValue)
    body(&self)
    put(RecordFrame.marker, at: start)
    put(UInt32(bytes.count - start - RecordFrame.headBytes), at: start + 8)
    put(bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[(start + 8)...])) }, at: start + 4)
  }

  mutating func uint8(_ value: UInt8) { bytes.append(value) }
  mutating func uint16(_ value: UInt16) {
    bytes.append(UInt8(truncatingIfNeeded: value))
    bytes.append(UInt8(truncatingIfNeeded: value >> 8))
  }
  mutating func uint32(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
  mutating func uint64(_ value: UInt64) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
  mutating func raw(_ value: ArraySlice<UInt8>) { bytes.append(contentsOf: value) }

  /// With its length in front, cut at 64 KiB.
  mutating func text(_ value: String) {
    let utf8 = Array(value.utf8.prefix(0xffff))
    uint16(UInt16(utf8.count))
    bytes += utf8
  }

  private mutating func put(_ value: UInt32, at place: Int) {
    bytes.withUnsafeMutableBytes {
      $0.storeBytes(of: value.littleEndian, toByteOffset: place, as: UInt32.self)
    }
  }
}

/// Reads a payload from front to back; nil, from then on, where it is too short.
struct RecordReader {
  private(set) var rest: ArraySlice<UInt8>
  private(set) var isShort = false

  init(_ payload: ArraySlice<UInt8>) { rest = payload }

  mutating func uint8() -> UInt8 { UInt8(truncatingIfNeeded: number(1)) }
  mutating func uint16() -> UInt16 { UInt16(truncatingIfNeeded: number(2)) }
  mutating func uint32() -> UInt32 { UInt32(truncatingIfNeeded: number(4)) }
  mutating func uint64() -> UInt64 { number(8) }
  mutating func text() -> String { String(decoding: bytes(Int(uint16())), as: UTF8.self) }

  mutating func bytes(_ count: Int) -> ArraySlice<UInt8> {
    guard count <= rest.count, !isShort else {
      isShort = true
      return []
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func number(_ count: Int) -> UInt64 {
    guard count <= rest.count, !isShort else {
      isShort = true
      return 0
    }
    var value: UInt64 = 0
    let start = rest.startIndex
    for place in 0..<count { value |= UInt64(rest[start + place]) << UInt64(8 * place) }
    rest = rest[(start + count)...]
    return value
  }
}
