import Clockwork

/// What a batch knows of its slow attempts.
struct StragglerWatch: Sendable {
  /// Microseconds that ended attempts were on their nodes.
  var times = Histogram()
  /// By index, the slot of the shard that carries the second copy of a running task; its link names the first one's.
  private(set) var copies: [Int: Int] = [:]
  /// Copies that were ever sent.
  private(set) var hedged = 0
  /// Whether a timer is set.
  var isArmed = false
  var scannedAt: Instant?

  mutating func record(_ end: AttemptEnd) {
    times.record(UInt64(max(0, min((end.startedMilliseconds + end.durationMilliseconds) * 1_000, 1e15))))
  }

  /// How long an attempt may be out before it is a straggler; nil while too few have ended to say.
  var patience: Duration? {
    guard times.count >= SchedulerLimits.hedgeSamples, let most = times.quantile(0.99) else { return nil }
    return max(SchedulerLimits.hedgeFloor, .microseconds(Int64(most)) * SchedulerLimits.hedgeFactor)
  }

  mutating func add(_ index: Int, shard: Int) {
    copies[index] = shard
    hedged += 1
  }

  mutating func remove(_ index: Int) -> Int? { copies.removeValue(forKey: index) }
}

extension BatchState {
  /// Whether it has nothing left to send, so that a second copy takes no first one's place.
  var mayHedge: Bool { ready == 0 && !isCancelled && counts.running > 0 && hasRepeatable }

  var hedgeLimit: Int { max(SchedulerLimits.hedgesAtLeast, tasks.count / SchedulerLimits.hedgeShare) }

  /// Whether the shard carries the only copy of a task that may have another. What a node went down with is not
  /// given to two.
  func isHedgeable(_ index: Int, in shard: Int) -> Bool {
    let task = tasks[index]
    return task.state == .running && task.link == UInt32(shard) && task.isRepeatable && !task.isHedged
      && !task.hasLosses
  }

  mutating func addCopy(of index: Int, shard: Int) {
    mark(index, isHedged: true)
    watch.add(index, shard: shard)
  }

  /// Forgets one of a task's two copies. The other is the task's one attempt then.
  ///
  /// - Returns: the other's shard.
  mutating func dropCopy(of index: Int, in shard: Int) -> Int {
    guard let second = watch.remove(index) else { preconditionFailure("task \(index) has no second copy") }
    mark(index, isHedged: false)
    if tasks[index].link == UInt32(shard) { setShard(second, of: index) }
    return Int(tasks[index].link)
  }
}
