import Clockwork

/// How often something took how long, in buckets that are the same everywhere: those of many processes add up, and a
/// quantile over all of them is Prometheus' to compute.
package struct DurationHistogram: Sendable, Equatable {
  /// What a bucket's durations do not exceed: from what the network makes of a request to what an hour's flow takes.
  package static let bounds: [Duration] = [
    .milliseconds(1), .microseconds(2_500), .milliseconds(5), .milliseconds(10), .milliseconds(25), .milliseconds(50),
    .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1), .milliseconds(2_500), .seconds(5),
    .seconds(10), .seconds(30), .seconds(60), .seconds(300), .seconds(1_800),
  ]
  private static let nanoseconds = bounds.map(\.inNanoseconds)

  private var counts = [Int](repeating: 0, count: nanoseconds.count + 1)
  /// Ten thousand tasks at once make ten thousand seconds each second: nanoseconds in 64 bits last for ten days.
  private var sum = Duration.zero

  package init() {}

  package mutating func record(_ duration: Duration) {
    let nanoseconds = duration.inNanoseconds
    var bucket = 0
    while bucket < Self.nanoseconds.count, nanoseconds > Self.nanoseconds[bucket] { bucket += 1 }
    counts[bucket] += 1
    sum += duration
  }

  package var count: Int { counts.reduce(0, +) }

  package var seconds: Double {
    let (seconds, attoseconds) = sum.components
    return Double(seconds) + Double(attoseconds) / 1e18
  }

  /// Each bucket's bound in seconds, infinity last, and how many fell into it and into no lower one.
  var buckets: [(bound: Double, count: Int)] {
    zip(Self.bounds.map(\.inSeconds) + [.infinity], counts).map { ($0, $1) }
  }
}
