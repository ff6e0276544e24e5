/// Logarithms for what the protocol scales by the size of the cluster. Written out because this target imports no libm.
enum Logarithm {
  /// The smallest d with 10^d ≥ `number`, which is at least 1.
  static func decimalDigitsUp(_ number: Int) -> Int {
    var (digits, power) = (0, 1)
    while power < number {
      power *= 10
      digits += 1
    }
    return digits
  }

  /// The smallest b with 2^b ≥ `number`, which is at least 1.
  static func bitsUp(_ number: Int) -> Int { Int.bitWidth - (number - 1).leadingZeroBitCount }

  /// The natural logarithm of a number ≥ 1, to about 1e-15: exponent and significand apart, and for the latter
  /// ln m = 2 artanh((m − 1) / (m + 1)), whose series converges by a ninth a term.
  static func natural(_ number: Double) -> Double {
    precondition(number >= 1 && number.isFinite, "no logarithm of \(number) is needed here")
    let ratio = (number.significand - 1) / (number.significand + 1)
    var (term, sum) = (ratio, ratio)
    for odd in stride(from: 3.0, through: 41, by: 2) {
      term *= ratio * ratio
      sum += term / odd
    }
    return Double(number.exponent) * 0.693_147_180_559_945_3 + 2 * sum
  }

  static func decimal(_ number: Double) -> Double { natural(number) / 2.302_585_092_994_045_7 }
}
