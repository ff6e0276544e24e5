/// Counts of values in log-linear buckets: 64 to each power of two, so that a quantile is at most 0.8 % from the truth.
/// Histograms of parts add up to exactly the histogram of the whole.
///
/// After HdrHistogram (Gil Tene). Values are whole and positive; the largest is known exactly.
package struct Histogram: Sendable, Equatable {
  private static let subBits = 6
  private static let subBuckets = 1 << subBits

  /// Up to the highest bucket in use.
  private var buckets: [UInt64] = []
  package private(set) var count: UInt64 = 0
  package private(set) var maximum: UInt64 = 0

  package init() {}

  /// One that was kept: what is beyond all buckets or adds up to more than the count can hold is left out.
  package init(buckets kept: [(bucket: Int, count: UInt64)], maximum: UInt64) {
    for (bucket, number) in kept where (0..<Self.bucketLimit).contains(bucket) && number <= UInt64.max - count {
      if bucket >= buckets.count { buckets += Array(repeating: 0, count: bucket + 1 - buckets.count) }
      buckets[bucket] = number
      count += number
    }
    self.maximum = maximum
  }

  private static let bucketLimit = bucket(of: .max) + 1

  /// The buckets that hold something, ascending: what `init(buckets:maximum:)` takes.
  package var filled: [(bucket: Int, count: UInt64)] {
    buckets.enumerated().compactMap { $0.element == 0 ? nil : ($0.offset, $0.element) }
  }

  package mutating func record(_ value: UInt64) {
    let bucket = Self.bucket(of: value)
    if bucket >= buckets.count { buckets += Array(repeating: 0, count: bucket + 1 - buckets.count) }
    buckets[bucket] += 1
    count += 1
    maximum = max(maximum, value)
  }

  package mutating func merge(_ other: Histogram) {
    if other.buckets.count > buckets.count {
      buckets += Array(repeating: 0, count: other.buckets.count - buckets.count)
    }
    for bucket in other.buckets.indices { buckets[bucket] += other.buckets[bucket] }
    count += other.count
    maximum = max(maximum, other.maximum)
  }

  /// The value that at least `part` (0 to 1) of all do not exceed; nil when there are none.
  package func quantile(_ part: Double) -> UInt64? {
    guard count > 0 else { return nil }
    let rank = max(1, UInt64((min(1, max(0, part)) * Double(count)).rounded(.up)))
    if rank >= count { return maximum }
    var seen: UInt64 = 0
    for (bucket, number) in buckets.enumerated() {
      seen += number
      if seen >= rank { return min(Self.middle(of: bucket), maximum) }
    }
    return maximum
  }

  /// Values below 64 have a bucket each; above, the six bits behind the leading one choose it.
  private static func bucket(of value: UInt64) -> Int {
    guard value >= UInt64(subBuckets) else { return Int(value) }
    let exponent = 63 - value.leadingZeroBitCount
    let sub = Int(value >> UInt64(exponent - subBits)) & (subBuckets - 1)
    return (exponent - subBits + 1) * subBuckets + sub
  }

  private static func middle(of bucket: Int) -> UInt64 {
    guard bucket >= subBuckets else { return UInt64(bucket) }
    let shift = UInt64(bucket / subBuckets - 1)
    let low = UInt64(subBuckets + bucket % subBuckets) << shift
    return low + (1 << shift) / 2
  }
}
