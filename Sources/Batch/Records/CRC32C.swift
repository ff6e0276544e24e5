/// The checksum of each record: CRC-32C (Castagnoli), reflected, as in RFC 3720, section 12.1, and SSE 4.2.
///
/// Eight bytes a step by eight tables ("slicing by 8": Kounavis, Berry, 2005), about 2 GB/s.
package enum CRC32C {
  /// - Parameter before: the checksum of what stands in front.
  package static func checksum(_ bytes: UnsafeRawBufferPointer, before: UInt32 = 0) -> UInt32 {
    guard var place = bytes.baseAddress else { return before }
    let tables = tables
    var crc = ~before
    let end = place + bytes.count
    while end - place >= 8 {
      let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self)) ^ UInt64(crc)
      crc =
        tables[0x700 | Int(word & 0xff)] ^ tables[0x600 | Int(word >> 8 & 0xff)]
        ^ tables[0x500 | Int(word >> 16 & 0xff)] ^ tables[0x400 | Int(word >> 24 & 0xff)]
        ^ tables[0x300 | Int(word >> 32 & 0xff)] ^ tables[0x200 | Int(word >> 40 & 0xff)]
        ^ tables[0x100 | Int(word >> 48 & 0xff)] ^ tables[Int(word >> 56)]
      place += 8
    }
    while place < end {
      crc = crc >> 8 ^ tables[Int((crc ^ UInt32(place.load(as: UInt8.self))) & 0xff)]
      place += 1
    }
    return ~crc
  }

  package static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0) }
  }

  /// Table n, at 256 n, holds the effect of a byte that n more bytes follow.
  ///
  /// Guarded by: written once, before the first use, and never freed.
  private nonisolated(unsafe) static let tables: UnsafePointer<UInt32> = {
    let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82f6_3b78 : 0) }
      tables[byte] = crc
    }
    for place in 256..<8 * 256 {
      let before = tables[place - 256]
      tables[place] = before >> 8 ^ tables[Int(before & 0xff)]
    }
    return UnsafePointer(tables)
  }()
}
