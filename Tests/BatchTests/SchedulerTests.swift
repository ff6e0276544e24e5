import Batch
import Clockwork
import Testing

@Suite struct SchedulerTests {
  @Test("a batch waits without a node, says so, and runs when one appears")
  func waitsForANode() {
    var driver = Driver()
    let id = driver.batch(of: 3)
    #expect(driver.open.isEmpty)
    #expect(driver.scheduler.progress(of: id)?.waitingFor == .taskType)
    #expect(driver.scheduler.progress(of: id)?.missingTaskTypes == ["echo"])
    driver.node("a")
    #expect(driver.open.map(\.entries.count) == [3])
    #expect(driver.scheduler.progress(of: id)?.counts.running == 3)
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 3)
    #expect(driver.scheduler.progress(of: id) == nil)
  }

  @Test("an empty batch ends at once")
  func emptyBatch() {
    var driver = Driver()
    let id = driver.batch(of: 0)
    #expect(driver.ended[id]?.counts.total == 0)
  }

  @Test("a small batch is spread over the nodes in one shard each")
  func spreads() {
    var driver = Driver()
    for name in ["a", "b", "c"] { driver.node(name) }
    _ = driver.batch(of: 10)
    #expect(driver.open.map(\.entries.count).sorted() == [3, 3, 4])
    #expect(Set(driver.open.map(\.node)).count == 3)
  }

  @Test("a node is never given more than its capacity, and gets more as attempts end")
  func window() {
    var driver = Driver()
    driver.node("a", capacity: 4)
    let id = driver.batch(of: 10)
    #expect(driver.open.reduce(0) { $0 + $1.entries.count } == 4)
    let first = driver.open[0]
    let sent = driver.take(.attempts(first.id, [AttemptEnd(index: Int(first.entries[0].index), outcome: .ok([]))]))
    #expect(sent.map(\.entries.count) == [1])
    #expect(driver.scheduler.progress(of: id)?.waitingFor == .capacity)
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 10)
  }

  @Test("tasks of others count against a node's window when two reports in a row show them")
  func foreignLoad() {
    var driver = Driver()
    driver.node("a", capacity: 4, load: 3)
    driver.node("a", capacity: 4, load: 3)
    driver.node("a", capacity: 4, load: 3)
    _ = driver.batch(of: 10)
    #expect(driver.open.reduce(0) { $0 + $1.entries.count } == 1)
  }

  @Test("a shard holds about a tenth of a second of its node's measured work")
  func shardSize() {
    var driver = Driver()
    driver.recounts = false
    driver.node("a", capacity: 10_000)
    _ = driver.batch(of: 100_000)
    // 2,000 tasks a second: ends of 20 tasks each 10 ms, which have run since they were sent.
    for _ in 0..<200 {
      driver.now += .milliseconds(10)
      guard let shard = driver.open.first(where: { !$0.entries.isEmpty }) else { break }
      let taken = shard.entries.prefix(20).map {
        AttemptEnd(index: Int($0.index), outcome: .ok([]), durationMilliseconds: 1e6)
      }
      driver.take(.attempts(shard.id, taken))
      let rest = Array(shard.entries.dropFirst(20))
      if rest.isEmpty {
        driver.end(shard, .finished)
      } else {
        driver.open = driver.open.map { $0.id == shard.id ? $0.keeping(rest) : $0 }
      }
    }
    let latest = driver.open.suffix(5).map(\.entries.count)
    #expect(latest.allSatisfy { (150...250).contains($0) }, "\(latest)")
  }

  @Test("a task goes only to nodes that have its type")
  func typesByNode() {
    var driver = Driver()
    driver.node("a", types: ["echo"])
    driver.node("b", types: ["echo", "http"])
    let id = driver.batch { table in
      for index in 0..<40 { table.append(type: index % 2 == 0 ? "echo" : "http", repeatable: true) }
    }
    for shard in driver.open where shard.node == "a" { #expect(shard.entries.allSatisfy { $0.index % 2 == 0 }) }
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 40)
  }

  @Test("a node that does not know a type after all gets no more of it, and the task waits for another")
  func unknownTask() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 1)
    driver.fail(driver.open[0], index: 0, retryable: false, acted: false, code: .unknownTask, begun: false)
    #expect(driver.scheduler.task(0, of: id)?.waitingFor == .taskType)
    driver.end(driver.open[0], .finished)
    driver.node("b")
    driver.drain()
    #expect(driver.ends[id]?[0]?.map(\.node) == ["b"])
    #expect(driver.ends[id]?[0]?.map(\.attempts) == [1])
  }

  @Test("a task that ran and ended with the error unknown_task is an error, and its node keeps the type")
  func unknownTaskOfATask() {
    var driver = Driver()
    driver.node("a")
    let first = driver.batch(of: 1)
    driver.fail(driver.open[0], index: 0, retryable: false, acted: false, code: .unknownTask)
    #expect(driver.status(first, 0) == .error)
    driver.end(driver.open[0], .finished)
    let second = driver.batch(of: 1)
    driver.drain()
    #expect(driver.status(second, 0) == .ok)
  }

  @Test("a node that cannot begin a task rests, the task is not counted, and its error is noted")
  func notBegunTask() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 2, repeatable: false)
    let shard = driver.open[0]
    for index in 0..<2 { driver.fail(shard, index: index, acted: false, code: .rejected, begun: false) }
    #expect(driver.open.map(\.id) == [shard.id])
    driver.end(shard, .finished)
    driver.pass(.milliseconds(150))
    driver.drain()
    #expect(driver.ends[id]?[0]?.map(\.attempts) == [1] && driver.ended[id]?.counts.ok == 2)
    #expect(driver.failed.allSatisfy { $0.error.elementsEqual("{}".utf8) })
  }

  @Test("tasks that did not go out with their shard are no work that was done, and end no rest")
  func notBegunIsNoWork() {
    var driver = Driver()
    driver.node("a")
    _ = driver.batch(of: 4)
    var gaps: [Duration] = []
    for _ in 0..<3 {
      let before = driver.now
      let shard = driver.open[0]
      let entry = shard.entries[0]
      driver.take(.attempts(shard.id, [AttemptEnd(index: Int(entry.index), outcome: .notBegun)]))
      for other in driver.open { driver.end(other, .notSent) }
      while driver.open.isEmpty, driver.wake() {}
      gaps.append(driver.now - before)
    }
    #expect(gaps[1] > gaps[0] && gaps[2] > gaps[1], "\(gaps)")
  }

  @Test("the queued and running times of a result are those of its last attempt")
  func times() {
    var driver = Driver()
    let id = driver.batch(of: 1)
    driver.now += .milliseconds(40)
    driver.node("a")
    let end = AttemptEnd(index: 0, outcome: .ok([]), startedMilliseconds: 2.5, durationMilliseconds: 7)
    driver.take(.attempts(driver.open[0].id, [end]))
    #expect(driver.ends[id]?[0]?[0].queuedMilliseconds == 42.5)
    #expect(driver.ends[id]?[0]?[0].durationMilliseconds == 7)
  }

  @Test("a batch that is known, a shard that is not, and a node that is not are ignored with the reason")
  func staleInputs() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 1)
    let shard = driver.open[0]
    driver.take(.batchAdded(id, TaskTable()))
    driver.take(.attempts(shard.id, [AttemptEnd(index: 9, outcome: .ok([]))]))
    driver.complete(shard)
    driver.take(.attempts(shard.id, [AttemptEnd(index: 0, outcome: .ok([]))]))
    driver.take(.shardEnded(shard.id, .finished))
    driver.take(.cancel(id))
    driver.take(.nodeGone(name: "z"))
    #expect(
      driver.ignored == [
        .knownBatch(id), .foreignIndex(9), .unknownShard, .unknownShard, .unknownBatch(id), .unknownNode("z"),
      ])
  }
}

extension Shard {
  /// The shard as a node holds it after some of it has ended.
  func keeping(_ entries: [Entry]) -> Shard { Shard(id: id, node: node, batch: batch, entries: entries) }
}
