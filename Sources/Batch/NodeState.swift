import Clockwork

/// A node inside the scheduler: its window, its speed, and whether it takes work.
struct NodeState: Sendable {
  let name: String
  /// Ranks it among the homes of a key; the same in every process and for ever.
  let seed: UInt64
  var report: NodeReport
  /// Which process under its name it is, as far as the scheduler can tell.
  var life: UInt64
  /// When the latest of its processes was found dead by the first of its shards.
  var diedAt: Instant?
  /// The shard of suspects that it was given last.
  var trial: ShardID?
  /// Tasks out that another node went down with.
  var marked = 0
  /// How many these were when an exchange broke; nil once one has ended well again.
  var markedWhenBroken: Int?
  /// Slots of its task types.
  var types: [Int] = []
  /// By type slot, the queue of turns of keyed lanes whose home it is.
  var ownQueues: [Int: Int] = [:]
  /// Tasks sent and not ended.
  var out = 0
  /// Those of them that may wait for their start, and how many may.
  var waiting = 0
  var window = StartWindow()
  /// The shards that these are in, in the order in which they were sent, and some that have ended.
  var young: [ShardID] = []
  /// When a timer looks whether the first of these has begun.
  var begunDue: Instant?
  /// Exchanges under way.
  var shards = 0
  /// Tasks of others (another coordinator, its own API), seen in two reports running: one alone may be a snapshot of
  /// ours on their way.
  private(set) var foreign = 0
  private var latestForeign = 0
  /// Other coordinators with tasks there.
  private var others = 0

  /// Takes nothing before that.
  var restsUntil = Instant.zero
  private(set) var rest = Duration.zero

  /// Attempts that ended a second; nil before the first measurement.
  private(set) var rate: Double?
  private var measuredSince = Instant.zero
  private var endedSince = 0

  /// Room below this is left to grow; zero when nothing is known to wait for it.
  var roomWaitedFor = 0
  var waitsForRoomSince: Instant?

  init(report: NodeReport, life: UInt64 = 0) {
    self.life = life
    name = report.name
    seed = TaskKey(report.name.utf8).hash
    self.report = report
  }

  static let vacant = NodeState(report: NodeReport(name: "", capacity: 0, taskTypes: []))

  var load: Int { out + foreign }
  /// How many tasks it may be given now.
  var room: Int { min(places, windowSize - waiting) }
  /// The places that it has for more: those that are free, and its share of all where other coordinators have tasks
  /// there. What it has no place for yet waits on the node, which gives the next ones out in turns.
  private var places: Int {
    max(report.capacity - load, others > 0 ? max(1, report.capacity / (others + 1)) - out : .min)
  }
  var windowSize: Int { min(window.size ?? report.capacity, report.capacity) }

  /// Whether it could run more than its window lets through.
  var isWindowFull: Bool { room < roomWorthSending && room < places }

  func isOpen(at now: Instant) -> Bool { report.availability == .open && restsUntil <= now }

  /// Whether another exchange may be opened to it.
  func takesShards(at now: Instant) -> Bool { isOpen(at: now) && shards < SchedulerLimits.exchangesPerNode }

  mutating func take(_ report: NodeReport) {
    self.report = report
    others = max(0, report.coordinators - (out > 0 ? 1 : 0))
    let seen = max(0, report.load - out)
    foreign = min(seen, latestForeign)
    latestForeign = seen
  }

  mutating func sent(_ tasks: Int, in shard: ShardID, at now: Instant) {
    if out == 0 {
      if now - measuredSince >= SchedulerLimits.windowKept { window.restart() }
      (measuredSince, endedSince) = (now, 0)
    }
    out += tasks
    shards += 1
    waiting += tasks
    young.append(shard)
  }

  mutating func attemptEnded(at now: Instant) {
    endedSince += 1
    rest = .zero
    let span = now - measuredSince
    guard span >= SchedulerLimits.shardWork else { return }
    let sample = Double(endedSince) / span.inSeconds
    rate = rate.map { ($0 + sample) / 2 } ?? sample
    (measuredSince, endedSince) = (now, 0)
  }

  /// After a broken or refused exchange: twice as long each time.
  mutating func beginRest(at now: Instant, atLeast: Duration) {
    rest = min(SchedulerLimits.restCap, max(SchedulerLimits.restBase, rest * 2))
    restsUntil = max(restsUntil, now + max(rest, min(atLeast, SchedulerLimits.retryAfterCap)))
  }

  /// How many tasks the next shard should hold while the queue is long.
  var shardSize: Int {
    let capacity = report.capacity
    let bySpeed =
      rate.map { Int(min($0 * SchedulerLimits.shardWork.inSeconds, 1e6).rounded(.up)) }
      ?? max(SchedulerLimits.firstShardTasks, capacity / 16)
    let wanted = max(bySpeed, capacity / SchedulerLimits.shardsAcrossCapacity)
    let pipelined = windowSize < capacity ? windowSize / SchedulerLimits.shardsInWindow : .max
    return max(1, min(wanted, SchedulerLimits.shardTasks, pipelined))
  }

  /// The least room for which it is worth opening an exchange at once, while the queue is long.
  var roomWorthSending: Int { min(shardSize, max(1, windowSize / 16)) }
}
