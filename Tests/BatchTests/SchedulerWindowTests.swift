import Batch
import Clockwork
import Testing

/// A node in virtual time that begins its tasks in their order, so many at once, each after some of its one processor's
/// time.
private struct VirtualNode {
  /// Between a task's send and its arrival, and between its end and the coordinator's hearing of it.
  var way: Duration = .microseconds(500)
  /// Processor time that each takes.
  var work: Duration
  /// Time that it only waits for others.
  var pause: Duration = .zero
  private var freeAt = Instant.zero

  init(work: Duration, pause: Duration = .zero, way: Duration = .microseconds(500)) {
    (self.work, self.pause, self.way) = (work, pause, way)
  }

  /// When what is sent now is heard to have ended, and what the node says of it.
  mutating func run(_ index: Int, sentAt: Instant) -> (heardAt: Instant, AttemptEnd) {
    let arrives = sentAt + way
    let begins = max(freeAt, arrives)
    freeAt = begins + work
    let end = AttemptEnd(
      index: index, outcome: .ok([]), startedMilliseconds: (begins - arrives).inMilliseconds,
      durationMilliseconds: (work + pause).inMilliseconds)
    return (freeAt + pause + way, end)
  }
}

/// Runs batches against such nodes.
private struct Bench {
  private struct Coming {
    let at: Instant
    let shard: Shard
    let end: AttemptEnd
  }

  var driver = Driver()
  var nodes: [String: VirtualNode] = [:]
  /// By node, what will be heard, in its order.
  private var coming: [String: ArraySlice<Coming>] = [:]
  /// Of the shards that were sent, the tasks without an end.
  private var left: [ShardID: Int] = [:]
  private(set) var done = 0

  init(_ nodes: [String: VirtualNode], capacity: Int = 10_000) {
    self.nodes = nodes
    driver.recounts = false
    for name in nodes.keys.sorted() {
      coming[name] = []
      driver.node(name, capacity: capacity)
    }
  }

  /// Tasks that a node has, and whose end has not been heard.
  func out(_ node: String) -> Int { coming[node]!.count }

  mutating func batch(of count: Int) -> UUIDv7 {
    let id = driver.batch(of: count)
    takeOver()
    return id
  }

  private mutating func takeOver() {
    for shard in driver.open where left[shard.id] == nil {
      left[shard.id] = shard.entries.count
      driver.take(.transmitted(shard.id))
      for entry in shard.entries {
        let (at, end) = nodes[shard.node]!.run(Int(entry.index), sentAt: driver.now)
        coming[shard.node]!.append(Coming(at: at, shard: shard, end: end))
      }
    }
  }

  /// Goes on to that moment. What comes within a millisecond is heard together.
  mutating func run(until end: Instant) {
    while driver.now < end {
      let first = coming.values.compactMap { $0.first?.at }.min().map { $0 + .milliseconds(1) }
      driver.now = max(driver.now, min(first ?? end, driver.wakeAt ?? end, end))
      if let wakeAt = driver.wakeAt, wakeAt <= driver.now { driver.take(.wake) }
      for name in coming.keys.sorted() { hear(name) }
      takeOver()
    }
  }

  private mutating func hear(_ name: String) {
    var ready = coming[name]!.prefix { $0.at <= driver.now }
    coming[name] = coming[name]!.dropFirst(ready.count)
    while let shard = ready.first?.shard {
      let same = ready.prefix { $0.shard.id == shard.id }
      ready = ready.dropFirst(same.count)
      done += same.count
      driver.take(.attempts(shard.id, same.map(\.end)))
      left[shard.id]! -= same.count
      if left[shard.id] == 0 {
        left[shard.id] = nil
        driver.end(shard, .finished)
      }
    }
  }
}

@Suite struct SchedulerWindowTests {
  @Test("what a node cannot begin soon is not sent to it, and it never runs out of work")
  func shrinks() {
    // 20,000 tasks a second.
    var bench = Bench(["a": VirtualNode(work: .microseconds(50))])
    _ = bench.batch(of: 200_000)
    bench.run(until: .zero + .seconds(2))
    let before = bench.done
    var (least, most) = (Int.max, 0)
    for tenth in 21...40 {
      bench.run(until: .zero + .milliseconds(Int64(tenth) * 100))
      (least, most) = (min(least, bench.out("a")), max(most, bench.out("a")))
    }
    #expect(most < 1_500 && least > 0, "\(least) to \(most)")
    #expect(bench.done - before >= 39_000, "\(bench.done - before) in two seconds")
  }

  @Test("a batch of one beside a batch of a hundred thousand waits for a small part of its node's queue")
  func smallBatch() {
    var bench = Bench(["a": VirtualNode(work: .microseconds(50))])
    _ = bench.batch(of: 200_000)
    bench.run(until: .zero + .seconds(2))
    let (began, id) = (bench.driver.now, bench.batch(of: 1))
    while bench.driver.ended[id] == nil, bench.driver.now < began + .seconds(1) {
      bench.run(until: bench.driver.now + .milliseconds(1))
    }
    #expect(bench.driver.now - began < .milliseconds(60), "\(bench.driver.now - began)")
  }

  @Test("tasks that only wait for others fill a node's whole capacity in a moment")
  func waitingTasks() {
    var bench = Bench(["a": VirtualNode(work: .microseconds(5), pause: .seconds(10))])
    _ = bench.batch(of: 10_000)
    bench.run(until: .zero + .milliseconds(600))
    #expect(bench.out("a") == 10_000)
  }

  @Test("they do so soon on a node that had short ones before, though none of them has ended yet")
  func waitingAfterShort() {
    var bench = Bench(["a": VirtualNode(work: .microseconds(50))])
    _ = bench.batch(of: 60_000)
    bench.run(until: .zero + .milliseconds(3_050))
    #expect(bench.done == 60_000)
    bench.nodes["a"] = VirtualNode(work: .microseconds(5), pause: .seconds(60))
    _ = bench.batch(of: 9_000)
    bench.run(until: bench.driver.now + .seconds(2))
    #expect(bench.out("a") >= 8_900, "\(bench.out("a"))")
  }

  @Test("a node behind a long way gets what fills the way")
  func longWay() {
    // 20,000 a second, 100 ms there and 100 ms back: 4,000 must be under way.
    var bench = Bench(["a": VirtualNode(work: .microseconds(50), way: .milliseconds(100))])
    _ = bench.batch(of: 400_000)
    bench.run(until: .zero + .seconds(6))
    let before = bench.done
    bench.run(until: .zero + .seconds(8))
    #expect(bench.done - before >= 36_000, "\(bench.done - before) in two seconds")
  }

  @Test("a node that becomes slower gets less, and one that becomes faster more")
  func follows() {
    var bench = Bench(["a": VirtualNode(work: .microseconds(50))])
    _ = bench.batch(of: 400_000)
    bench.run(until: .zero + .seconds(2))
    bench.nodes["a"]!.work = .microseconds(200)
    bench.run(until: .zero + .seconds(5))
    let slow = bench.out("a")
    #expect(slow <= 500, "\(slow)")
    bench.nodes["a"]!.work = .microseconds(20)
    bench.run(until: .zero + .seconds(7))
    let before = bench.done
    bench.run(until: .zero + .seconds(8))
    #expect(bench.done - before >= 45_000, "\(bench.done - before) in a second")
  }

  @Test("two nodes, one ten times as fast, are both kept busy")
  func uneven() {
    var bench = Bench([
      "fast": VirtualNode(work: .microseconds(40)), "slow": VirtualNode(work: .microseconds(400)),
    ])
    _ = bench.batch(of: 200_000)
    bench.run(until: .zero + .seconds(2))
    let before = bench.done
    bench.run(until: .zero + .seconds(4))
    #expect(bench.done - before >= 52_000, "\(bench.done - before) in two seconds")
  }
}
