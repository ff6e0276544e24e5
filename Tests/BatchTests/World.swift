import Batch
import Clockwork
import Testing

/// A cluster in virtual time that goes wrong in every way it may: nodes crash, slow down, drain and come back, refuse
/// shards, break exchanges, lose, double and delay results. It checks the scheduler after every event.
struct World {
  enum Event {
    case input(Scheduler.Input)
    case crash(String)
    case attempt(shard: ShardID, index: Int, acts: Bool)
    case wake
  }

  struct Node {
    var report: NodeReport
    var lives = true
    /// Slower nodes take so many times as long.
    var slowness = 1
  }

  var scheduler: Scheduler
  var random: SplitMix64
  var now = Instant.zero
  var faults = true
  /// Whether some tasks take a hundred times as long as the others, in one world of six: it takes many more events.
  private let hasStragglers: Bool
  /// Whether every third batch is submitted open, in one world of ten: open ones live long, and all is recounted after
  /// each event.
  private let opensBatches: Bool
  /// Those that more tasks may come to.
  private var open: Set<UUIDv7> = []
  private var events: [(at: Instant, event: Event)] = []
  private var nodes: [String: Node] = [:]
  private var shards: [ShardID: Shard] = [:]
  private(set) var results: [UUIDv7: [Int: Int]] = [:]
  private(set) var sizes: [UUIDv7: Int] = [:]
  private(set) var ended: Set<UUIDv7> = []
  private var repeatable: [UUIDv7: [Bool]] = [:]
  /// Tasks that must not repeat and have begun on a node.
  private var acted: Set<String> = []
  private(set) var complaints: [String] = []
  /// Copies of stragglers that were sent.
  private(set) var hedged = 0

  init(seed: UInt64) {
    scheduler = Scheduler(seed: seed)
    hasStragglers = seed % 6 == 0
    opensBatches = seed % 10 == 1
    random = SplitMix64(seed: seed &+ 1)
  }

  mutating func chance(_ percent: Int) -> Bool { faults && Int.random(in: 0..<100, using: &random) < percent }
  mutating func soon(_ limit: Int) -> Duration { .microseconds(Int.random(in: 1...limit, using: &random)) }
  mutating func later(_ delay: Duration, _ event: Event) { events.append((now + delay, event)) }

  mutating func addNode(_ name: String) {
    let types = ["echo", "http", "rare"].filter { _ in !faults || Int.random(in: 0..<3, using: &random) > 0 }
    let capacity = [1, 5, 50, 700].randomElement(using: &random)!
    nodes[name] = Node(
      report: NodeReport(name: name, capacity: capacity, taskTypes: types.isEmpty ? ["echo"] : types),
      slowness: [1, 1, 20].randomElement(using: &random)!)
    later(.zero, .input(.node(nodes[name]!.report)))
  }

  mutating func addBatch(_ size: Int) {
    let id = UUIDv7(at: Timestamp(milliseconds: now.nanoseconds), using: &random)
    var table: TaskTable
    (table, repeatable[id]) = tasks(size)
    sizes[id] = size
    if opensBatches, sizes.count % 3 == 1 {
      table.isOpen = true
      open.insert(id)
    }
    take(.batchAdded(id, table))
  }

  /// More tasks for a batch that is open.
  mutating func addTasks() {
    guard let id = open.sorted().randomElement(using: &random) else { return }
    let size = Int.random(in: 0...10, using: &random)
    let (part, flags) = tasks(size)
    sizes[id]! += size
    repeatable[id]! += flags
    take(.tasksAdded(id, part))
  }

  mutating func closeOne() {
    guard let id = open.sorted().randomElement(using: &random) else { return }
    open.remove(id)
    take(.batchClosed(id))
  }

  private mutating func tasks(_ size: Int) -> (TaskTable, [Bool]) {
    var table = TaskTable()
    var flags: [Bool] = []
    for _ in 0..<size {
      flags.append(Bool.random(using: &random))
      let keyed = Int.random(in: 0..<3, using: &random) == 0
      let limited = keyed && Bool.random(using: &random)
      table.append(
        type: ["echo", "http", "rare"].randomElement(using: &random)!,
        key: keyed ? TaskKey([UInt8.random(in: 0..<5, using: &random)]) : nil,
        limit: limited ? TaskLimit(ratePerSecond: 200, concurrency: 3) : nil,
        attempts: Int.random(in: 1...4, using: &random), repeatable: flags.last!,
        priority: Int.random(in: -100...100, using: &random))
    }
    return (table, flags)
  }

  mutating func cancelSome() {
    guard let id = sizes.keys.sorted().randomElement(using: &random) else { return }
    open.remove(id)
    take(.cancel(id))
  }

  /// Handles the earliest event; false when there is none.
  mutating func step() -> Bool {
    guard let next = events.indices.min(by: { events[$0].at < events[$1].at }) else { return false }
    let (at, event) = events.remove(at: next)
    now = max(now, at)
    switch event {
    case .input(let input): take(input)
    case .wake: take(.wake)
    case .crash(let name): crash(name)
    case .attempt(let shard, let index, let acts): endAttempt(shard, index, acts: acts)
    }
    return true
  }

  mutating func disturb() {
    guard let name = nodes.keys.sorted().randomElement(using: &random) else { return }
    switch Int.random(in: 0..<6, using: &random) {
    case 0: later(soon(1_000), .crash(name))
    case 1, 2:
      nodes[name]!.report.availability = [.suspect, .slow, .draining].randomElement(using: &random)!
      if nodes[name]!.lives { take(.node(nodes[name]!.report)) }
    case 3: addNode("n\(Int.random(in: 0..<8, using: &random))")
    default:
      nodes[name]!.report.availability = .open
      if nodes[name]!.lives { take(.node(nodes[name]!.report)) }
    }
  }

  /// Ends all faults: every node is open and has every type.
  mutating func heal() {
    faults = false
    while !open.isEmpty { closeOne() }
    for name in ["n0", "n1"] { addNode(name) }
  }

  private mutating func crash(_ name: String) {
    guard nodes[name]?.lives == true else { return }
    nodes[name]!.lives = false
    // Some exchanges break at once, the others when gossip has noticed.
    for shard in shards.values.filter({ $0.node == name }).sorted(by: { $0.id.slot < $1.id.slot }) {
      if Bool.random(using: &random) { later(soon(2_000), .input(.shardEnded(shard.id, .broken))) }
    }
    later(.milliseconds(5), .input(.nodeGone(name: name)))
    let again = Int.random(in: 1...20_000, using: &random)
    later(.milliseconds(6) + .microseconds(again), .input(.node(nodes[name]!.report)))
    // What comes back is a new process: it holds nothing.
    nodes[name]!.lives = true
  }
}

extension World {
  mutating func take(_ input: Scheduler.Input) {
    var effects: [Scheduler.Effect] = []
    scheduler.handle(input, at: now, into: &effects)
    for effect in effects {
      switch effect {
      case .send(let shard): send(shard)
      case .attach(let shard, _): Issue.record("nobody sent shard \(shard.id) before")
      case .cancelShard(let id, _): cancel(id)
      case .cancelTasks(let id, _, let indices): cancel(id, indices)
      case .dropShard(let id): shards[id] = nil
      case .taskEnded(let end):
        results[end.batch, default: [:]][end.index, default: 0] += 1
        if results[end.batch]![end.index]! > 1 { complain("task \(end.index) has two results") }
      case .batchEnded(let id, let progress):
        hedged += progress.hedged
        ended.insert(id)
        if progress.counts.total != sizes[id] { complain("a batch ended with \(progress.counts)") }
      case .wake(let at): later(at - now, .wake)
      case .attemptFailed, .nodeLost, .ignored: break
      }
    }
    if !scheduler.recountHolds() { complain("the sums do not hold after \(input)") }
  }

  private mutating func complain(_ what: String) { complaints.append("\(now.nanoseconds): \(what)") }

  private mutating func send(_ shard: Shard) {
    guard let node = nodes[shard.node] else { return complain("\(shard.node) does not exist") }
    shards[shard.id] = shard
    for entry in shard.entries where acted.contains("\(shard.batch.text) \(entry.index)") {
      complain("task \(entry.index) must not repeat and was sent again")
    }
    if chance(5) { return later(soon(500), .input(.shardEnded(shard.id, .refused(retryAfter: .milliseconds(3))))) }
    if chance(5) { return later(soon(500), .input(.shardEnded(shard.id, .notSent))) }
    let breaksAfter: Duration? = chance(10) ? soon(3_000) : nil
    var last = Duration.zero
    for entry in shard.entries {
      let delay = hasStragglers && chance(2) ? .milliseconds(100) + soon(200_000) : soon(2_000) * node.slowness
      last = max(last, delay)
      if !repeatable[shard.batch]![Int(entry.index)], breaksAfter == nil || delay < breaksAfter! || chance(50) {
        acted.insert("\(shard.batch.text) \(entry.index)")
      }
      if breaksAfter.map({ delay < $0 }) ?? true {
        let acts = !chance(20)
        if !acts { acted.remove("\(shard.batch.text) \(entry.index)") }
        if !chance(3) || !acts { later(delay, .attempt(shard: shard.id, index: Int(entry.index), acts: acts)) }
        if chance(5) { later(delay + soon(9_000), .attempt(shard: shard.id, index: Int(entry.index), acts: true)) }
      }
    }
    let end = breaksAfter.map { Scheduler.Input.shardEnded(shard.id, $0 > .milliseconds(2) ? .garbled : .broken) }
    later(breaksAfter ?? last + .microseconds(1), .input(end ?? .shardEnded(shard.id, .finished)))
  }

  private mutating func cancel(_ id: ShardID, _ indices: [Int]? = nil) {
    guard let shard = shards[id] else { return }
    if let indices, !indices.allSatisfy({ index in shard.entries.contains { Int($0.index) == index } }) {
      complain("\(indices) are to be cancelled where they do not run")
    }
    for entry in shard.entries where indices?.contains(Int(entry.index)) ?? true && Bool.random(using: &random) {
      let end = AttemptEnd(index: Int(entry.index), outcome: .cancelled(mayHaveActed: true))
      later(soon(500), .input(.attempts(id, [end])))
    }
  }

  private mutating func endAttempt(_ id: ShardID, _ index: Int, acts: Bool) {
    let error = AttemptError(
      code: acts ? .timeout : .connect, json: Array("{}".utf8)[...], isRetryable: true, mayHaveActed: acts)
    let fails = !acts || chance(10)
    take(.attempts(id, [AttemptEnd(index: index, outcome: fails ? .error(error) : .ok([]))]))
  }
}
