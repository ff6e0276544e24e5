import Batch
import Clockwork

/// How far one coordinator goes: the production scheduler and the journal's records beside up to a thousand virtual
/// nodes. The nodes live in virtual time; what the coordinator does takes as much of it as its processor really took,
/// so that it falls behind in the virtual world where it would in the real one. Two runs differ as two measurements do.
///
/// Each node does one task after another, a millisecond of its processor each: a thousand a second.
package struct DispatchScaling {
  package static let sizes = 1...1_000
  package static let scenario = "scale-dispatch"
  /// Virtual time of a run, and what of it is not measured: windows find their sizes then.
  static let duration = Duration.seconds(4)
  static let warmUp = Duration.seconds(1.5)
  static let work = Duration.milliseconds(1)
  /// One way between the coordinator and a node.
  static let way = Duration.microseconds(250)
  static let capacity = 10_000
  static let probeInterval = Duration.milliseconds(20)

  enum Event {
    case ends(Shard, [AttemptEnd], isLast: Bool)
    case report(Int)
    case crowd
    case probe
    case wake(Instant)
  }

  /// A node's processor.
  struct Node {
    let name: String
    let work: Duration
    var freeAt = Instant.zero
    var held = 0
  }

  let processorTime: () -> Duration
  /// What the coordinator does for each task besides: its sockets, HTTP and JSON, which are not here.
  let beside: Duration
  var scheduler = Scheduler(seed: 1)
  var generator = SplitMix64(seed: 1)
  var heap = EventHeap<Event>()
  var nodes: [Node] = []
  var numbers: [String: Int] = [:]
  /// The coordinator is busy until then.
  var busyUntil = Instant.zero
  var wakeAt: Instant?
  var probes: [UUIDv7: Instant] = [:]
  var results = RecordWriter()
  var seq = 0
  var isMeasuring = false
  var figures: ScalingFigures

  /// - Parameters:
  ///   - processorTime: what this thread has used so far.
  ///   - nodes: one of `sizes`.
  package static func run(
    nodes: Int, beside: Duration, processorTime: @escaping () -> Duration
  ) -> ScalingFigures {
    precondition(sizes.contains(nodes), "\(nodes) nodes")
    var scaling = DispatchScaling(nodes: nodes, beside: beside, processorTime: processorTime)
    scaling.run()
    return scaling.figures
  }

  private init(nodes: Int, beside: Duration, processorTime: @escaping () -> Duration) {
    (self.beside, self.processorTime) = (beside, processorTime)
    figures = ScalingFigures(nodes: nodes)
    for number in 0..<nodes {
      // Not all alike, or all would be heard at the same moment.
      let work = Self.work * Double.random(in: 0.8...1.25, using: &generator)
      self.nodes.append(Node(name: "n\(number)", work: work))
      numbers["n\(number)"] = number
      heap.plan(.report(number), at: .zero + generator.jitter(upTo: .milliseconds(1)))
    }
    heap.plan(.crowd, at: .zero + .milliseconds(2))
    heap.plan(.probe, at: .zero + Self.warmUp)
  }

  private mutating func run() {
    while let (time, event) = heap.pop(), max(time, busyUntil) < .zero + Self.duration {
      let now = max(time, busyUntil)
      isMeasuring = now >= .zero + Self.warmUp
      if isMeasuring { figures.lag.record(UInt64(max(0, (now - time).inNanoseconds / 1_000))) }
      busyUntil = now
      happen(event, at: now)
    }
    // One that has not ended has taken as long at least.
    for began in probes.values { noteProbe(began, endedAt: .zero + Self.duration) }
    figures.measured = Self.duration - Self.warmUp
    figures.offered = nodes.reduce(0) { $0 + 1 / $1.work.inSeconds }
  }

  mutating func noteProbe(_ began: Instant, endedAt end: Instant) {
    figures.probes.record(UInt64(max(0, (end - began).inNanoseconds / 1_000)))
  }

  @discardableResult
  private mutating func submit(count: Int, at now: Instant) -> UUIDv7 {
    var table = TaskTable()
    for _ in 0..<count { table.append(type: "echo", repeatable: true) }
    let id = UUIDv7(at: Timestamp(milliseconds: now.nanoseconds / 1_000_000), using: &generator)
    feed(.batchAdded(id, table), at: now)
    return id
  }

  private mutating func happen(_ event: Event, at now: Instant) {
    switch event {
    case .ends(let shard, let ends, let isLast):
      if let node = numbers[shard.node] { nodes[node].held -= ends.count }
      if isMeasuring { figures.tasks += ends.count }
      busyUntil += beside * ends.count
      feed(.attempts(shard.id, ends), at: now)
      if isLast { feed(.shardEnded(shard.id, .finished), at: now) }
    case .report(let number):
      heap.plan(event, at: now + .seconds(1))
      let report = NodeReport(
        name: nodes[number].name, capacity: Self.capacity, load: nodes[number].held, coordinators: 1,
        taskTypes: ["echo"])
      feed(.node(report), at: now, isReport: true)
    case .crowd: submit(count: nodes.count * Int((Self.duration / Self.work) * 1.5), at: now)
    case .probe:
      heap.plan(event, at: now + Self.probeInterval)
      let id = submit(count: 1, at: now)
      probes[id] = now
    case .wake(let time):
      guard wakeAt == time else { return }
      wakeAt = nil
      feed(.wake, at: now)
    }
  }
}
