/// The masking of RFC 6455, section 5.3: each byte XOR the key's byte at its place in the payload, modulo 4. Masking
/// twice gives the plain bytes again.
enum WebSocketMask {
  /// Masks what `bytes` holds from `start` on, eight bytes at a time; the frame's payload begins at `payloadStart` and
  /// is masked up to `start` already. Nil leaves it plain.
  static func apply(_ key: UInt32?, to bytes: inout [UInt8], from start: Int, payloadStart: Int) {
    guard let key, key != 0 else { return }
    let turn = UInt32((start - payloadStart) & 3) * 8
    let first = key << turn | key >> ((32 - turn) & 31)
    let word = UInt64(first) << 32 | UInt64(first)
    bytes.withUnsafeMutableBytes { buffer in
      var place = start
      while place &+ 8 <= buffer.count {
        let plain = buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self) ^ word.bigEndian
        buffer.storeBytes(of: plain, toByteOffset: place, as: UInt64.self)
        place &+= 8
      }
      var rest = word
      while place < buffer.count {
        rest = rest << 8 | rest >> 56
        buffer[place] ^= UInt8(truncatingIfNeeded: rest)
        place &+= 1
      }
    }
  }
}
