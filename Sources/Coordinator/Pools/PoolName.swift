/// What a pool may be called: what a template can name.
enum PoolName {
  static let rule =
    "a pool's name is a letter or _, then letters, digits, _ and -, at most \(CoordinatorLimits.poolNameBytes) of them"

  static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, isLetter(first), name.utf8.count <= CoordinatorLimits.poolNameBytes else {
      return false
    }
    return name.utf8.allSatisfy { isLetter($0) || $0 &- 0x30 < 10 || $0 == UInt8(ascii: "-") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_") }
}
