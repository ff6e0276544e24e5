import Clockwork
import HTTP

/// How callbacks are made.
struct CallbackRules: Sendable {
  /// Calls under way, in all and to one server: a server that does not answer holds up its own alone.
  var atOnce = 16
  var atOnceToOne = 4
  /// One call, from the name's look-up to the answer's end.
  var timeout: Duration = .seconds(30)
  /// The pause after the first call that failed; each further one is twice as long, up to the longest. Chance shortens
  /// each by up to a half.
  var firstPause: Duration = .seconds(1)
  var longestPause: Duration = .seconds(900)
  /// From the batch's end; one call is made however late it is.
  var givesUpAfter: Duration = .seconds(86_400)
  /// Signs, where there is one.
  var secret: CallbackSecret?

  /// - Parameter calls: made so far, one or more.
  func pause(after calls: Int, using random: inout some RandomNumberGenerator) -> Duration {
    let doublings = min(calls - 1, 30)
    let whole = min(firstPause * (1 << doublings), longestPause)
    return whole * Double.random(in: 0.5...1, using: &random)
  }

  /// What a receiver says with `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date. Zero for nothing that can
  /// be understood.
  static func retryAfter(_ text: String?, at now: Timestamp) -> Duration {
    guard let text else { return .zero }
    if !text.isEmpty, text.utf8.count < 10, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      return .seconds(Int(text) ?? 0)
    }
    guard let date = HTTPDate.unixSeconds(text) else { return .zero }
    return .milliseconds(max(0, min(date * 1_000 - now.milliseconds, 1 << 40)))
  }
}
