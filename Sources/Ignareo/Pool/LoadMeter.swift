internal import Clockwork

/// How many tasks ended, and how many a second of late.
struct LoadMeter {
  /// The rate is taken over this many whole seconds.
  private static let window = 5

  private(set) var done = 0
  private(set) var failed = 0
  private var current = 0
  private var past: [Double] = []
  private var since: Instant

  init(now: Instant) { since = now }

  mutating func note(_ outcome: TaskOutcome) {
    current += 1
    switch outcome {
    case .ok: done += 1
    case .error: failed += 1
    case .cancelled: break
    }
  }

  /// Closes the current second. Call it once a second; a late call counts for as long as it took.
  mutating func tick(_ now: Instant) {
    let elapsed = (now - since).inSeconds
    guard elapsed > 0 else { return }
    past.append(Double(current) / elapsed)
    if past.count > Self.window { past.removeFirst() }
    (current, since) = (0, now)
  }

  var ratePerSecond: Double { past.isEmpty ? 0 : past.reduce(0, +) / Double(past.count) }
}
