import Clockwork
import Testing

@testable import Swim

@Suite("the length of a suspicion")
struct SuspicionFormulaTests {
  @Test(
    "it is memberlist's, shortened by each new accuser up to those wanted",
    arguments: [
      // Two members: nobody could confirm, so the shortest from the start.
      (Swim.Configuration.lan, 2, "x", 4000),
      (.lan, 5, "x", 24_000), (.lan, 5, "xy", 11_381), (.lan, 5, "xyz", 4000), (.lan, 5, "xyzw", 4000),
      // The same accuser twice is one.
      (.lan, 5, "xxx", 24_000),
      (.lan, 3, "x", 4000), (.lan, 4, "x", 24_000),
      (.local, 5, "x", 18_000), (.local, 5, "xy", 3000), (.local, 2, "x", 3000),
      // log10 of 100 and of 30, the latter cut to 1.477.
      (.lan, 100, "xyz", 8000), (.lan, 30, "xyz", 5908), (.lan, 30, "x", 35_448),
      (.wan, 10, "xyzvw", 30_000), (.wan, 10, "x", 180_000),
    ])
  func formula(_ configuration: Swim.Configuration, _ members: Int, _ accusers: String, _ milliseconds: Int) {
    var suspicion = Suspicion(
      number: 1, accuser: String(accusers.first!), at: .zero, members: members, configuration: configuration)
    for accuser in accusers.dropFirst() { _ = suspicion.confirm(by: String(accuser)) }
    #expect(suspicion.deadline - .zero == .milliseconds(milliseconds))
  }

  @Test("the logarithm is that of the C library", arguments: [1.0, 2, 3, 9.99, 10, 30, 100, 1000, 10_000, 123_456])
  func logarithm(_ number: Double) {
    let known = [
      1.0: 0, 2: 0.6931471805599453, 3: 1.0986122886681098, 9.99: 2.301584592660462, 10: 2.302585092994046,
      30: 3.4011973816621555, 100: 4.605170185988092, 1000: 6.907755278982137, 10_000: 9.210340371976184,
      123_456: 11.723640096265400,
    ]
    #expect(abs(Logarithm.natural(number) - known[number]!) < 1e-13 * max(1, known[number]!))
  }

  @Test("logarithms of counts are rounded up")
  func counts() {
    #expect([1, 2, 10, 11, 100, 101, 10_001].map { Logarithm.decimalDigitsUp($0) } == [0, 1, 1, 2, 2, 3, 5])
    #expect([1, 2, 32, 33, 64, 65, 1000].map { Logarithm.bitsUp($0) } == [0, 1, 5, 6, 6, 7, 10])
  }
}
