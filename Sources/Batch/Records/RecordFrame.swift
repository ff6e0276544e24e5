/// How a record stands in a log: a marker, the checksum of all that follows, the payload's length, the payload. Whole
/// numbers are little-endian.
///
///     0       4        8        12
///     "Ign1"  crc32c   length   payload …
///
/// The marker lets a scan find its way again behind damage; the checksum covers the length, so that a flipped bit there
/// is noticed as well.
package enum RecordFrame {
  static let marker: UInt32 = 0x316e_6749
  package static let headBytes = 12

  enum Reading: Equatable {
    /// The payload's place in the bytes.
    case record(Range<Int>)
    /// It may be whole once more bytes have come.
    case incomplete
    case damaged
  }

  static func read(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Reading {
    let room = bytes.count - place
    guard room >= headBytes else {
      let isBeginning = (0..<min(4, room)).allSatisfy { bytes[place + $0] == UInt8(marker >> UInt32(8 * $0) & 0xff) }
      return isBeginning ? .incomplete : .damaged
    }
    func word(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + offset, as: UInt32.self))
    }
    let length = Int(word(8))
    guard word(0) == marker, length > 0, length <= RecordLimits.payloadBytes else { return .damaged }
    guard room >= headBytes + length else { return .incomplete }
    let end = place + headBytes + length
    let crc = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[place + 8..<end]))
    return crc == word(4) ? .record(place + headBytes..<end) : .damaged
  }

  /// Whether all that is left would be one whole record if its length said so: then the length is damaged, and nothing
  /// is missing.
  static func isWholeButForLength(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Bool {
    let length = bytes.count - place - headBytes
    guard length > 0, length <= RecordLimits.payloadBytes else { return false }
    let expected = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
    let head = withUnsafeBytes(of: UInt32(length).littleEndian) { CRC32C.checksum($0) }
    return CRC32C.checksum(UnsafeRawBufferPointer(rebasing: bytes[(place + headBytes)...]), before: head) == expected
  }
}

/// The bounds of the journal's records, in one place.
package enum RecordLimits {
  /// A result's value may be as large as a node lets through.
  package static let payloadBytes = 272 << 20
  /// How many bytes of a log one remembered place stands for.
  package static let placeBytes = 8 << 10
  /// Damaged places that are described one by one.
  package static let damageTold = 20
}
