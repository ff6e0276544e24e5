/// Writes the dialect of msgpack that memberlist's every version reads: raw strings only, shortest integers, no bin.
/// The caller gives keys in byte order.
struct MessagePackWriter {
  var bytes: [UInt8] = []

  mutating func map(_ count: Int) {
    precondition(count < 16, "a message has \(count) fields; the short map header holds 15")
    bytes.append(0x80 | UInt8(count))
  }

  mutating func key(_ name: StaticString) {
    precondition(name.utf8CodeUnitCount < 32, "a key longer than the short raw header holds")
    bytes.append(0xa0 | UInt8(name.utf8CodeUnitCount))
    name.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func unsigned(_ value: UInt64) {
    switch value {
    case 0..<0x80: bytes.append(UInt8(value))
    case 0x80..<0x100: bigEndian(value, 0xcc, 1)
    case 0x100..<0x1_0000: bigEndian(value, 0xcd, 2)
    case 0x1_0000..<0x1_0000_0000: bigEndian(value, 0xce, 4)
    default: bigEndian(value, 0xcf, 8)
    }
  }

  mutating func bool(_ value: Bool) { bytes.append(value ? 0xc3 : 0xc2) }

  mutating func null() { bytes.append(0xc0) }

  mutating func raw(_ value: some Collection<UInt8>) {
    switch value.count {
    case 0..<32: bytes.append(0xa0 | UInt8(value.count))
    case 32..<0x1_0000: bigEndian(UInt64(value.count), 0xda, 2)
    default: bigEndian(UInt64(value.count), 0xdb, 4)
    }
    bytes.append(contentsOf: value)
  }

  private mutating func bigEndian(_ value: UInt64, _ head: UInt8, _ count: Int) {
    bytes.append(head)
    for place in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * place))) }
  }
}
