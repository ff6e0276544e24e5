/// FIPS 180-4, for the long payloads whose digest alone stands in the vectors' index.
enum SHA256 {
  private static let primes: [Double] = (2...311).filter { n in (2..<n).allSatisfy { n % $0 != 0 } }.map { Double($0) }

  static func digest(of message: [UInt8]) -> [UInt8] {
    let constants = primes.prefix(64).map { fraction(ofCubeRootOf: UInt64($0)) }
    var state = primes.prefix(8).map { fraction($0.squareRoot()) }
    var padded = message + [0x80]
    while padded.count % 64 != 56 { padded.append(0) }
    padded += (0..<8).map { UInt8(truncatingIfNeeded: UInt64(message.count * 8) >> (56 - 8 * UInt64($0))) }
    for start in stride(from: 0, to: padded.count, by: 64) {
      compress(padded[start..<start + 64], constants, into: &state)
    }
    return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) } }
  }

  private static func compress(_ block: ArraySlice<UInt8>, _ constants: [UInt32], into state: inout [UInt32]) {
    var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { place in
      block[place..<place + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    for place in 16..<64 {
      let (early, late) = (words[place - 15], words[place - 2])
      let first = rotate(early, 7) ^ rotate(early, 18) ^ early >> 3
      let second = rotate(late, 17) ^ rotate(late, 19) ^ late >> 10
      words.append(words[place - 16] &+ first &+ words[place - 7] &+ second)
    }
    var h = state
    for place in 0..<64 {
      let mixed = rotate(h[4], 6) ^ rotate(h[4], 11) ^ rotate(h[4], 25)
      let choice = h[4] & h[5] ^ ~h[4] & h[6]
      let first = h[7] &+ mixed &+ choice &+ constants[place] &+ words[place]
      let majority = h[0] & h[1] ^ h[0] & h[2] ^ h[1] & h[2]
      let second = (rotate(h[0], 2) ^ rotate(h[0], 13) ^ rotate(h[0], 22)) &+ majority
      h = [first &+ second, h[0], h[1], h[2], h[3] &+ first, h[4], h[5], h[6]]
    }
    for place in 0..<8 { state[place] &+= h[place] }
  }

  private static func rotate(_ word: UInt32, _ by: UInt32) -> UInt32 { word >> by | word << (32 - by) }

  private static func fraction(_ root: Double) -> UInt32 {
    UInt32(truncatingIfNeeded: UInt64((root - root.rounded(.down)) * 4_294_967_296))
  }

  /// The first 32 bits behind the point, found exactly: the largest r with r³ ≤ n·2⁹⁶.
  private static func fraction(ofCubeRootOf number: UInt64) -> UInt32 {
    var root: UInt64 = 0
    for bit in (0..<36).reversed() {
      let trial = root | 1 << UInt64(bit)
      let square = UInt128(trial) * UInt128(trial)
      if square * UInt128(trial) <= UInt128(number) << 96 { root = trial }
    }
    return UInt32(truncatingIfNeeded: root)
  }
}
