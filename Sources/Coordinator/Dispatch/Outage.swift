import Clockwork

/// A time in which a shard's node cannot be reached: when to try again, and when no more.
struct Outage {
  /// Whether its beginning was told and its end was not.
  var isTold = false
  private var since: Instant?
  private var tries = 0
  private var refusals = 0

  /// The pause before the next try; nil when it is no use to wait any longer.
  ///
  /// - Parameters:
  ///   - isRefused: the node's host says that nobody listens there: after a few of these the process is gone.
  ///   - isLast: a try that fails is not made again.
  mutating func next(at now: Instant, isRefused: Bool, isLast: Bool) -> Duration? {
    let begin = since ?? now
    since = begin
    refusals = isRefused ? refusals + 1 : 0
    guard now - begin < CoordinatorLimits.attachDeadline, refusals < CoordinatorLimits.attachRefusals else {
      return nil
    }
    guard tries == 0 || !isLast else { return nil }
    tries += 1
    return min(CoordinatorLimits.longestAttachPause, CoordinatorLimits.firstAttachPause * (1 << min(tries - 1, 16)))
  }

  /// The node has said something on the exchange.
  mutating func isOver() {
    guard since != nil else { return }
    (since, tries, refusals) = (nil, 0, 0)
  }
}
