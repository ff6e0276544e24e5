import Clockwork

/// What happened, as lines; and a digest of everything, bytes too, that tells whether two runs were the same.
struct Trace {
  /// False for thousands of members: then neither is kept.
  let isKept: Bool
  private(set) var lines: [String] = []
  private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Which lines also go into the record, which a scenario's file holds word for word.
  var recorded = Scenario.Record.off
  private(set) var record: [String] = []

  init(isKept: Bool) { self.isKept = isKept }

  mutating func line(_ time: Instant, _ text: String) {
    guard isKept else { return }
    let line = "\(Self.text(time)) \(text)"
    lines.append(line)
    fold(line)
    if recorded != .off { record.append(line) }
  }

  /// Into the record alone, whatever else it holds.
  mutating func note(_ time: Instant, _ text: String) { record.append("\(Self.text(time)) \(text)") }

  private static func text(_ time: Instant) -> String {
    let milliseconds = time.nanoseconds / 1_000_000
    let fraction = String(milliseconds % 1000)
    return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)s"
  }

  mutating func fold(_ text: String) {
    var text = text
    text.withUTF8 { fold(UnsafeRawBufferPointer($0)) }
  }

  mutating func fold(_ bytes: [UInt8]) { bytes.withUnsafeBytes { fold($0) } }

  /// FNV-1a, eight bytes at a time.
  private mutating func fold(_ bytes: UnsafeRawBufferPointer) {
    var place = 0
    while place + 8 <= bytes.count {
      fold(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
      place += 8
    }
    while place < bytes.count {
      fold(UInt64(bytes[place]))
      place += 1
    }
  }

  mutating func fold(_ number: UInt64) {
    digest = (digest ^ number) &* 0x100_0000_01b3
    // A multiplication carries upward only; without this the high bytes of a number would hardly count.
    digest ^= digest >> 32
  }
}
