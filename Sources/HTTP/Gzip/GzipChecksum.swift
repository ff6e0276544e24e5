/// The CRC-32 of RFC 1952, section 8, eight bytes a step by eight tables ("slicing by 8": Kounavis, Berry, 2005).
struct GzipChecksum: Equatable {
  private var register: UInt32 = ~0

  var value: UInt32 { ~register }

  mutating func take(_ bytes: UnsafeRawBufferPointer) {
    register = Self.tables.withUnsafeBufferPointer { tables in
      var crc = register
      var place = 0
      while bytes.count - place >= 8 {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) ^ UInt64(crc)
        crc =
          tables[0x700 | Int(word & 0xff)] ^ tables[0x600 | Int(word >> 8 & 0xff)]
          ^ tables[0x500 | Int(word >> 16 & 0xff)] ^ tables[0x400 | Int(word >> 24 & 0xff)]
          ^ tables[0x300 | Int(word >> 32 & 0xff)] ^ tables[0x200 | Int(word >> 40 & 0xff)]
          ^ tables[0x100 | Int(word >> 48 & 0xff)] ^ tables[Int(word >> 56)]
        place += 8
      }
      while place < bytes.count {
        crc = crc >> 8 ^ tables[Int((crc ^ UInt32(bytes[place])) & 0xff)]
        place += 1
      }
      return crc
    }
  }

  mutating func take(_ byte: UInt8) { withUnsafeBytes(of: byte) { take($0) } }

  /// Table n, at 256 n, holds the effect of a byte that n more bytes follow.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xedb8_8320 : 0) }
      tables[byte] = crc
    }
    for place in 256..<tables.count {
      let before = tables[place - 256]
      tables[place] = before >> 8 ^ tables[Int(before & 0xff)]
    }
    return tables
  }()
}
