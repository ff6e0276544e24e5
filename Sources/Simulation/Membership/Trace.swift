import Clockwork

/// What happened, as lines; and a digest of everything, packets too, that tells whether two runs were the same.
struct Trace {
  private(set) var lines: [String] = []
  private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func line(_ time: Instant, _ text: String) {
    let milliseconds = time.nanoseconds / 1_000_000
    let fraction = String(milliseconds % 1000)
    let line = "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)s \(text)"
    lines.append(line)
    fold(line.utf8)
  }

  mutating func packet(_ time: Instant, _ from: Int, _ to: Int, _ bytes: [UInt8]) {
    fold(UInt64(bitPattern: time.nanoseconds))
    fold(UInt64(from) << 32 | UInt64(to))
    fold(bytes)
  }

  /// FNV-1a.
  private mutating func fold(_ bytes: some Sequence<UInt8>) {
    var digest = digest
    for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
    self.digest = digest
  }

  private mutating func fold(_ number: UInt64) { digest = (digest ^ number) &* 0x100_0000_01b3 }
}
