import Gossip

/// How long ended batches are kept: until they are too old, or hold too much together. Running ones always are.
package struct Retention: Sendable, Equatable {
  package var age: Duration
  /// Of all batches, the running ones included; only ended ones make way.
  package var bytes: Int

  package init(age: Duration, bytes: Int) { (self.age, self.bytes) = (age, bytes) }

  /// A week, and 20 GiB.
  package static let standard = Retention(age: .seconds(7 * 86_400), bytes: 20 << 30)

  private static let ages: [String: Int] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
  private static let sizes: [String: Int] = [
    "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "MB": 1_000_000, "GB": 1_000_000_000,
  ]

  /// `7d`, `20GiB`, or both with a comma between.
  init(_ text: String) throws(UsageError) {
    self = .standard
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let digits = word.prefix { $0.isASCII && $0.isNumber }
      let unit = String(word[digits.endIndex...])
      guard let number = Int(digits), number > 0, number <= 1 << 20 else { throw Self.wrong(text) }
      if let seconds = Self.ages[unit] {
        age = .seconds(number * seconds)
      } else if let size = Self.sizes[unit] {
        bytes = number * size
      } else {
        throw Self.wrong(text)
      }
    }
  }

  private static func wrong(_ text: String) -> UsageError {
    UsageError("--keep '\(text)': say an age (s, m, h, d), a size (MB, GB, MiB, GiB, TiB), or both, such as 7d,20GiB")
  }
}
