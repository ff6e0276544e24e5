import Batch
import Clockwork

/// Never more of a key at once than its tasks allow, and never faster. Counts what the coordinator has out, from the
/// moment it sends it: what a node still runs whose exchange broke is none of that, and a new process begins anew.
struct LimitChecker {
  private struct Attempt: Hashable {
    let shard: ShardID
    let index: Int
  }

  /// Starts under one rate: what they fill runs out with time.
  private struct Bucket {
    var level = 0.0
    var at = Instant.zero
  }

  private struct Pace: Hashable {
    let key: String
    let rate: Double
  }

  /// What a rate lets through at once.
  private static let burstSeconds = 0.02
  /// Nanoseconds are rounded.
  private static let slack = 0.01

  private(set) var failures: [Failure] = []
  private var out: [Attempt: String] = [:]
  private var running: [String: Int] = [:]
  private var buckets: [Pace: Bucket] = [:]

  mutating func restarted() { (out, running, buckets) = ([:], [:], [:]) }

  mutating func sent(_ shard: Shard, _ tasks: [VirtualTask], at now: Instant) {
    for entry in shard.entries {
      let task = tasks[Int(entry.index)]
      guard let key = task.key, let limit = task.limit else { continue }
      out[Attempt(shard: shard.id, index: Int(entry.index))] = key
      running[key, default: 0] += 1
      if let most = limit.concurrency, let now = running[key], now > most {
        complain("\(now) of \(key) run at once, and \(most) may", at: shard)
      }
      if let rate = limit.ratePerSecond { start(key, rate, at: now, shard) }
    }
  }

  /// What an earlier process sent takes its places, whether they are too many or not.
  mutating func adopted(_ shard: Shard, _ tasks: [VirtualTask]) {
    for entry in shard.entries {
      guard let key = tasks[Int(entry.index)].key, tasks[Int(entry.index)].limit != nil else { continue }
      out[Attempt(shard: shard.id, index: Int(entry.index))] = key
      running[key, default: 0] += 1
    }
  }

  private mutating func start(_ key: String, _ rate: Double, at now: Instant, _ shard: Shard) {
    var bucket = buckets[Pace(key: key, rate: rate)] ?? Bucket()
    bucket.level = max(0, bucket.level - (now - bucket.at).inSeconds * rate) + 1
    bucket.at = now
    buckets[Pace(key: key, rate: rate)] = bucket
    if bucket.level > max(1, (rate * Self.burstSeconds).rounded(.down)) + Self.slack {
      complain("\(key) may start \(rate) a second and starts \(bucket.level) at once", at: shard)
    }
  }

  mutating func ended(_ index: Int, of shard: ShardID) {
    if let key = out.removeValue(forKey: Attempt(shard: shard, index: index)) { running[key, default: 0] -= 1 }
  }

  mutating func ended(_ shard: Shard) { for entry in shard.entries { ended(Int(entry.index), of: shard.id) } }

  private mutating func complain(_ text: String, at shard: Shard) {
    failures.append(Failure(checker: "limits", text: "\(text), with a shard for \(shard.node)"))
  }
}
