import Clockwork
import Testing

@Suite struct ClockworkTests {
  @Test(
    "a timestamp is written as RFC 3339 with milliseconds",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (951_827_696_789, "2000-02-29T12:34:56.789Z"),
      (-1, "1969-12-31T23:59:59.999Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
    ])
  func timestampText(_ milliseconds: Int, _ text: String) {
    #expect(Timestamp(milliseconds: Int64(milliseconds)).rfc3339 == text)
  }

  @Test("an identifier reads back from its text, and sorts by its time")
  func identifierRoundTrip() throws {
    var generator = SplitMix64(seed: 1)
    let first = UUIDv7(at: Timestamp(milliseconds: 1_700_000_000_000), using: &generator)
    let second = UUIDv7(at: Timestamp(milliseconds: 1_700_000_000_001), using: &generator)
    #expect(first < second && first.text < second.text)
    #expect(UUIDv7(first.text) == first)
    #expect(first.text.utf8.count == 36)
  }

  @Test(
    "text that is no version 7 identifier is refused",
    arguments: ["", "x", "018bcfe5-6800-4000-8000-000000000000", "018bcfe5-6800-7000-8000-0000000000000"])
  func identifierRefused(_ text: String) { #expect(UUIDv7(text) == nil) }

  @Test("the same seed gives the same numbers, and jitter stays within its limit")
  func seeded() {
    var (one, two) = (SplitMix64(seed: 7), SplitMix64(seed: 7))
    for _ in 0..<100 {
      let jitter = one.jitter(upTo: .milliseconds(5))
      #expect(jitter == two.jitter(upTo: .milliseconds(5)))
      #expect(jitter >= .zero && jitter <= .milliseconds(5))
    }
  }

  @Test("a moment plus forever is never, and durations from wild numbers are clamped")
  func saturation() {
    #expect(Instant(nanoseconds: 5) + .seconds(Int64.max) == .distantFuture)
    #expect(Duration(secondsClamped: -.infinity) == .zero)
    #expect(Duration(secondsClamped: .nan) == .zero)
    #expect(Duration(secondsClamped: .infinity).inNanoseconds == .max)
    #expect(Duration(secondsClamped: 0.25) == .milliseconds(250))
  }
}
