internal import Clockwork

/// How long a process that has ended waits for its next start: exponential backoff with full jitter, from its last
/// answer on.
struct WorkerBackoff {
  private(set) var deaths = 0
  private let first: Duration
  private let longest: Duration

  init(_ limits: WorkerLimits) { (first, longest) = (limits.firstBackoff, limits.longestBackoff) }

  /// It ended so often in a row without an answer that nobody should wait for it.
  var isHopeless: Bool { deaths >= Limits.workerDeaths }

  mutating func noteAnswer() { deaths = 0 }

  /// - Returns: the time until the next start.
  mutating func noteDeath(_ generator: inout SplitMix64) -> Duration {
    deaths += 1
    return generator.jitter(upTo: min(longest, first * (1 << min(deaths - 1, 30))))
  }
}
