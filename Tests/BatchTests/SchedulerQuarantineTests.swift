import Batch
import Clockwork
import Testing

@Suite struct SchedulerQuarantineTests {
  /// Nodes that die as soon as they hold one of these tasks, and come back.
  private struct Killing {
    var driver = Driver()
    let killers: Set<Int>
    private(set) var deaths = 0
    let capacity: Int

    init(_ killers: Set<Int>, nodes: [String], capacity: Int = 100) {
      (self.killers, self.capacity) = (killers, capacity)
      driver.recounts = capacity <= 100
      for name in nodes { driver.node(name, capacity: capacity) }
    }

    /// Runs all to the end: a shard with a killer takes its node down, the others are done, before or after that.
    mutating func run(killsFirst: Bool = true) {
      var steps = 0
      while steps < 20_000 {
        steps += 1
        driver.now += .milliseconds(1)
        let guilty = driver.open.first { $0.entries.contains { killers.contains(Int($0.index)) } }
        let innocent = driver.open.first { $0.entries.allSatisfy { !killers.contains(Int($0.index)) } }
        if let guilty, killsFirst || innocent == nil {
          deaths += 1
          driver.take(.nodeGone(name: guilty.node))
          driver.node(guilty.node, capacity: capacity)
        } else if let innocent {
          driver.complete(innocent)
        } else if !driver.wake() {
          break
        }
      }
      #expect(driver.scheduler.recountHolds())
    }
  }

  private func message(_ end: TaskEnd?) -> String? {
    guard case .failure(.rejected, let message)? = end?.detail else { return nil }
    return message
  }

  @Test("nodes that a task took down before a restart count: it is tried by itself and rejected after the third")
  func beforeRestart() throws {
    func fill(_ table: inout TaskTable) { for _ in 0..<3 { table.append(type: "echo", repeatable: true) } }
    var before = Driver()
    let first = before.batch(fill)
    for name in ["a", "b"] {
      before.node(name)
      let shard = try #require(before.open.first)
      // The last one ended: it is not to be suspected again.
      if name == "b" {
        before.take(
          .attempts(shard.id, [AttemptEnd(index: Int(shard.entries[0].index), outcome: .ok([]))]))
      }
      before.take(.nodeGone(name: name))
    }
    let done = try #require(before.ends[first]?.keys.first)
    #expect(before.losses.map(\.node) == ["a", "b"] && before.losses.map(\.indexes.count) == [3, 2])

    var after = Driver(seed: 2)
    after.node("c")
    let id = after.batch { table in
      fill(&table)
      table.restore(done, as: .ok, attempts: 1)
      table.losses = before.losses
    }
    let trial = try #require(after.open.first)
    #expect(after.open.count == 1 && trial.entries.count == 1, "suspects are tried one by one")
    after.take(.nodeGone(name: "c"))
    let guilty = Int(trial.entries[0].index)
    let text = try #require(message(after.ends[id]?[guilty]?.first))
    for node in ["a", "b", "c"] { #expect(text.contains("\(node) ("), "\(text)") }
    after.node("d")
    while let shard = after.open.first { after.complete(shard) }
    #expect(after.ended[id]?.counts.ok == 2 && after.ended[id]?.counts.error == 1)
  }

  @Test("a task that takes three nodes down with it is rejected with the evidence, and gets no fourth")
  func threeNodes() throws {
    var driver = Driver()
    for name in ["a", "b", "c", "d"] { driver.node(name) }
    let id = driver.batch(of: 1)
    var nodes: [String] = []
    while let shard = driver.open.first {
      nodes.append(shard.node)
      driver.now += .seconds(10)
      driver.take(.nodeGone(name: shard.node))
    }
    #expect(nodes.count == 3 && Set(nodes).count == 3)
    #expect(driver.ends[id]?[0]?.map(\.status) == [.error])
    let text = try #require(message(driver.ends[id]?[0]?.first))
    for (node, seconds) in zip(nodes, [20, 10, 0]) { #expect(text.contains("\(node) (\(seconds).0 s ago)"), "\(text)") }
    #expect(driver.failed.map(\.node) == Array(nodes.prefix(2)))
    #expect(driver.ended[id]?.counts.error == 1)
  }

  @Test(
    "among few tasks the guilty one costs three nodes, four where others are under suspicion, and bystanders go free",
    arguments: [["a"], ["a", "b"], ["a", "b", "c", "d", "e"]])
  func bystanders(nodes: [String]) {
    for killsFirst in [true, false] {
      var world = Killing([17], nodes: nodes)
      let id = world.driver.batch(of: 60)
      world.run(killsFirst: killsFirst)
      #expect(world.driver.ended[id]?.counts.ok == 59)
      #expect(world.driver.status(id, 17) == .error)
      #expect(world.deaths == 3 || killsFirst && nodes.count > 1 && world.deaths == 4, "\(killsFirst): \(world.deaths)")
    }
  }

  @Test("among thousands of bystanders the guilty one is found within five nodes")
  func manyBystanders() {
    var world = Killing([4_321], nodes: ["a", "b"], capacity: 5_000)
    let id = world.driver.batch(of: 8_000)
    world.run()
    #expect(world.driver.ended[id]?.counts.ok == 7_999)
    #expect(world.driver.status(id, 4_321) == .error && world.deaths <= 5, "\(world.deaths)")
  }

  @Test("several guilty ones are all found")
  func severalGuilty() {
    var world = Killing([3, 30, 31], nodes: ["a", "b", "c"])
    let id = world.driver.batch(of: 50)
    world.run()
    #expect(world.driver.ended[id]?.counts.ok == 47 && world.driver.ended[id]?.counts.error == 3)
    #expect(world.deaths <= 9, "\(world.deaths)")
  }

  @Test("a thousand tasks whose nodes all fail by themselves three times get their results")
  func powerFailures() {
    var driver = Driver()
    driver.recounts = false
    for name in ["a", "b"] { driver.node(name, capacity: 500) }
    let id = driver.batch(of: 1_000)
    for _ in 0..<3 {
      driver.now += .seconds(1)
      driver.fail(nodes: ["a", "b"], capacity: 500)
    }
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 1_000)
  }

  @Test("suspects are on trial alone, one at a time on a node, while other tasks go on")
  func trials() {
    var driver = Driver()
    for name in ["a", "b"] { driver.node(name) }
    let id = driver.batch(of: 10)
    for _ in 0..<2 {
      driver.fail(nodes: ["a", "b"], capacity: 100)
    }
    #expect(driver.open.map(\.entries.count) == [1, 1] && Set(driver.open.map(\.node)) == ["a", "b"])
    #expect(driver.scheduler.progress(of: id)?.waitingFor == .capacity)
    let other = driver.batch(of: 20)
    #expect(driver.scheduler.progress(of: other)?.counts.running == 20)
    // A trial that its node refuses, and one that fails and is made again, are still trials.
    let trial = driver.open[0]
    driver.end(trial, .refused(retryAfter: .milliseconds(10)))
    driver.drain()
    driver.pass(.seconds(1))
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 10 && driver.ended[other]?.counts.ok == 20)
  }

  @Test("one life of a node counts once, and a node where nobody listened in between has another")
  func lives() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 1)
    for _ in 0..<6 {
      driver.end(driver.open[0], .broken)
      while driver.open.isEmpty, driver.wake() {}
    }
    #expect(driver.status(id, 0) == nil)
    for _ in 0..<2 {
      driver.end(driver.open[0], .broken)
      while driver.open.isEmpty, driver.wake() {}
      driver.end(driver.open[0], .notSent)
      while driver.open.isEmpty, driver.wake() {}
    }
    driver.end(driver.open[0], .broken)
    #expect(driver.status(id, 0) == .error)
    #expect(message(driver.ends[id]?[0]?.first)?.hasPrefix("3 nodes") == true)
  }

  @Test("a node whose process is started again at once has as many lives as processes were found dead")
  func quickRestarts() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 1)
    var deaths = 0
    while deaths < 10, let shard = driver.open.first {
      deaths += 1
      driver.end(shard, .died)
      while driver.open.isEmpty, driver.wake() {}
    }
    #expect(deaths == 3 && message(driver.ends[id]?[0]?.first) != nil)
  }

  @Test("all shards of a process that was found dead are one loss")
  func oneDeath() {
    var driver = Driver()
    driver.node("a", capacity: 200)
    let first = driver.batch(of: 1)
    let second = driver.batch(of: 1)
    for _ in 0..<2 {
      let shards = driver.open
      for shard in shards { driver.end(shard, .died) }
      while driver.open.count < 2, driver.wake() {}
    }
    // Two losses each: nobody is rejected, and both are tried.
    #expect(driver.status(first, 0) == nil && driver.status(second, 0) == nil && !driver.open.isEmpty)
  }

  @Test("suspects keep their key's limit, wait for their type, and are cancelled with their batch")
  func limitsAndCancel() {
    var driver = Driver()
    for name in ["a", "b", "c"] { driver.node(name) }
    let id = driver.batch(of: 3, key: "k", limit: TaskLimit(concurrency: 1))
    for _ in 0..<2 {
      driver.take(.nodeGone(name: driver.open[0].node))
    }
    #expect(driver.open.count == 1)
    for name in ["a", "b", "c"] { driver.node(name) }
    #expect(driver.open.count == 1)
    let shard = driver.open[0]
    driver.take(.attempts(shard.id, [AttemptEnd(index: Int(shard.entries[0].index), outcome: .ok([]))]))
    driver.end(shard, .finished)
    driver.take(.cancel(id))
    for shard in driver.open {
      let ends = shard.entries.map { AttemptEnd(index: Int($0.index), outcome: .cancelled(mayHaveActed: true)) }
      driver.take(.attempts(shard.id, ends))
      driver.end(shard, .finished)
    }
    #expect(driver.ended[id]?.counts.total == 3 && driver.ended[id]?.counts.ok == 1)
    let rare = driver.batch(of: 1, type: "rare")
    for _ in 0..<2 {
      driver.node("r", types: ["rare"])
      driver.take(.nodeGone(name: "r"))
    }
    #expect(driver.open.isEmpty && driver.scheduler.progress(of: rare)?.waitingFor == .taskType)
    driver.node("r", types: ["rare"])
    driver.drain()
    #expect(driver.ended[rare]?.counts.ok == 1)
  }

  @Test("a task that must not repeat ends unknown at its first loss, and no suspect is started a second time beside")
  func noCopies() {
    var driver = Driver()
    for name in ["a", "b", "c"] { driver.node(name) }
    let once = driver.batch(of: 1, repeatable: false)
    driver.take(.nodeGone(name: driver.open[0].node))
    #expect(driver.status(once, 0) == .unknown)
    let id = driver.batch(of: 30)
    let lost = driver.open[0]
    driver.take(.nodeGone(name: lost.node))
    let index = Int(lost.entries[0].index)
    driver.now += .milliseconds(10)
    for shard in driver.open {
      driver.take(
        .attempts(
          shard.id,
          shard.entries.filter { Int($0.index) != index }.map { AttemptEnd(index: Int($0.index), outcome: .ok([])) }))
    }
    driver.pass(.seconds(60))
    #expect(driver.scheduler.progress(of: id)?.counts.running == 1 && driver.scheduler.progress(of: id)?.hedged == 0)
  }
}

extension Driver {
  /// All of them stop answering, are given up, and come back.
  fileprivate mutating func fail(nodes: [String], capacity: Int) {
    for name in nodes { node(name, .suspect, capacity: capacity) }
    for name in nodes { take(.nodeGone(name: name)) }
    for name in nodes { node(name, capacity: capacity) }
  }
}
