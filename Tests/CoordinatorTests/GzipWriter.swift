/// Makes gzip, as simple as it can be.
enum GzipWriter {
  private static let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]

  /// Stored blocks.
  static func stored(_ text: String) -> [UInt8] {
    let text = Array(text.utf8)
    var bytes = header
    var start = 0
    repeat {
      let part = text[start...].prefix(60_000)
      start += part.count
      bytes.append(start == text.count ? 1 : 0)
      bytes += word(part.count, 2) + word(~part.count, 2) + part
    } while start < text.count
    return bytes + word(Int(checksum(text)), 4) + word(text.count, 4)
  }

  /// So many times one byte, a thousandth as long: a block with fixed codes, whose copies have 258 bytes each.
  static func run(of byte: UInt8, copies: Int) -> [UInt8] {
    var (bits, free, bytes) = (0, 0, header)
    func put(_ value: Int, _ count: Int) {
      bits |= value << free
      free += count
      while free >= 8 {
        bytes.append(UInt8(bits & 0xff))
        bits >>= 8
        free -= 8
      }
    }
    put(0b011, 3)
    put(reversed(Int(byte) + 0x30, 8), 8)
    // The length 285 and the distance 1, in one.
    for _ in 0..<copies { put(reversed(0b1100_0101, 8), 13) }
    put(0, 7)
    put(0, (8 - free) % 8)
    let text = [UInt8](repeating: byte, count: 1 + 258 * copies)
    return bytes + word(Int(checksum(text)), 4) + word(text.count, 4)
  }

  private static func reversed(_ value: Int, _ count: Int) -> Int {
    (0..<count).reduce(0) { $0 << 1 | value >> $1 & 1 }
  }

  private static func word(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xedb8_8320 : 0) }
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    let table = table
    var crc = ~UInt32(0)
    for byte in bytes { crc = crc >> 8 ^ table[Int((crc ^ UInt32(byte)) & 0xff)] }
    return ~crc
  }
}
