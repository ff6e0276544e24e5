/// An identifier that sorts by its time of birth. RFC 9562, section 5.7: 48 bits of Unix milliseconds, 74 random bits.
package struct UUIDv7: Hashable, Comparable, Sendable {
  package let high: UInt64
  package let low: UInt64

  package init(at time: Timestamp, using generator: inout some RandomNumberGenerator) {
    let milliseconds = UInt64(truncatingIfNeeded: time.milliseconds) & 0xffff_ffff_ffff
    high = milliseconds << 16 | 0x7000 | (generator.next() & 0x0fff)
    low = 0x8000_0000_0000_0000 | (generator.next() >> 2)
  }

  /// From its two halves as they were kept; nil where they are no identifier of this version.
  package init?(high: UInt64, low: UInt64) {
    guard high >> 12 & 0xf == 7, low >> 62 == 2 else { return nil }
    (self.high, self.low) = (high, low)
  }

  /// Reads the 36 characters `xxxxxxxx-xxxx-7xxx-yxxx-xxxxxxxxxxxx`; nil for anything else, another version included.
  package init?(_ text: some StringProtocol) {
    var digits: [UInt64] = [0, 0]
    var count = 0
    for (place, byte) in text.utf8.enumerated() {
      if place == 8 || place == 13 || place == 18 || place == 23 {
        guard byte == UInt8(ascii: "-") else { return nil }
        continue
      }
      guard count < 32, let digit = Self.value(ofHexDigit: byte) else { return nil }
      digits[count / 16] = digits[count / 16] << 4 | digit
      count += 1
    }
    guard count == 32, digits[0] >> 12 & 0xf == 7, digits[1] >> 62 == 2 else { return nil }
    (high, low) = (digits[0], digits[1])
  }

  package static func < (left: UUIDv7, right: UUIDv7) -> Bool { (left.high, left.low) < (right.high, right.low) }

  /// Lower-case text with four hyphens.
  package var text: String {
    String(unsafeUninitializedCapacity: 36) { buffer in
      var place = 0
      for index in 0..<32 {
        if index == 8 || index == 12 || index == 16 || index == 20 {
          buffer[place] = UInt8(ascii: "-")
          place += 1
        }
        let half = index < 16 ? high : low
        let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - index % 16 * 4)) & 0xf
        buffer[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        place += 1
      }
      return place
    }
  }

  private static func value(ofHexDigit byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
  }
}
