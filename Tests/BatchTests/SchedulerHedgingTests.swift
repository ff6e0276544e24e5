import Batch
import Clockwork
import Testing

@Suite struct SchedulerHedgingTests {
  /// Two nodes, and a batch of which all but the last task have ended after 20 ms; that one is at `straggler`.
  private struct Tail {
    var driver = Driver()
    let id: UUIDv7
    var straggler: Shard
    let index: Int

    init(
      of count: Int = 40, nodes: [String] = ["a", "b"], types: [String] = ["echo"], key: String? = nil,
      limit: TaskLimit? = nil, attempts: Int = 1, repeatable: Bool = true, milliseconds: Double = 20
    ) throws {
      for name in nodes { driver.node(name, types: types) }
      id = driver.batch(of: count, key: key, limit: limit, attempts: attempts, repeatable: repeatable)
      driver.now += .milliseconds(20)
      while true {
        let shard = try #require(driver.open.first)
        let isLast = driver.open.count == 1 && driver.scheduler.progress(of: id)?.counts.waiting == 0
        let ended = isLast ? shard.entries.dropLast() : shard.entries[...]
        driver.take(
          .attempts(
            shard.id,
            ended.map {
              AttemptEnd(index: Int($0.index), outcome: .ok([]), durationMilliseconds: milliseconds)
            }))
        if isLast {
          straggler = shard
          index = Int(try #require(shard.entries.last).index)
          return
        }
        driver.end(shard, .finished)
      }
    }

    /// Waits until a copy is sent, and returns it.
    mutating func copy() throws -> Shard {
      while driver.open.count == 1, driver.wake() {}
      return try #require(driver.open.last { $0.id != straggler.id })
    }

    func value() -> AttemptEnd { AttemptEnd(index: index, outcome: .ok([]), durationMilliseconds: 5) }
  }

  @Test("a task that is out for three times its batch's 99th percentile is started again on another node, not sooner")
  func straggles() throws {
    var tail = try Tail(milliseconds: 50)
    let sent = tail.straggler
    let copy = try tail.copy()
    #expect(copy.node != sent.node && copy.entries == [Shard.Entry(index: UInt32(tail.index), attempt: 1)])
    #expect(tail.driver.now >= .zero + .milliseconds(148) && tail.driver.now < .zero + .milliseconds(200))
    let task = tail.driver.scheduler.task(tail.index, of: tail.id)
    #expect(task?.node == sent.node && task?.secondNode == copy.node)
    let progress = tail.driver.scheduler.progress(of: tail.id)
    #expect(progress?.hedged == 1 && progress?.counts.running == 1 && progress?.retried == 0)
    #expect(tail.driver.scheduler.hedgedTotal == 1)
  }

  @Test("what is shorter than a tenth of a second is no straggler, however short the others were")
  func floor() throws {
    var tail = try Tail(milliseconds: 0.1)
    _ = try tail.copy()
    #expect(tail.driver.now >= .zero + .milliseconds(100))
  }

  @Test("the first result wins, whichever copy gives it, and the other is cancelled alone", arguments: [true, false])
  func firstWins(isCopy: Bool) throws {
    var tail = try Tail()
    let copy = try tail.copy()
    let (winner, loser) = isCopy ? (copy, tail.straggler) : (tail.straggler, copy)
    tail.driver.take(.attempts(winner.id, [tail.value()]))
    #expect(tail.driver.withdrawn == [loser.id: [tail.index]] && tail.driver.cancelled.isEmpty)
    #expect(tail.driver.ended[tail.id]?.counts.ok == 40 && tail.driver.ended[tail.id]?.hedged == 1)
    #expect(tail.driver.ends[tail.id]?[tail.index]?.map(\.node) == [winner.node])
    #expect(tail.driver.ends[tail.id]?[tail.index]?.map(\.attempts) == [1])
    tail.driver.take(.attempts(loser.id, [tail.value()]))
    #expect(tail.driver.ignored == [.lateResult(index: tail.index)])
    for shard in [winner, loser] { tail.driver.end(shard, .finished) }
    tail.driver.pass(.seconds(60))
    #expect(tail.driver.wakeAt == nil)
  }

  @Test("a retryable error of one copy leaves the attempt to the other, and both are one attempt")
  func errorOfOne() throws {
    var tail = try Tail()
    let copy = try tail.copy()
    tail.driver.fail(tail.straggler, index: tail.index)
    #expect(tail.driver.status(tail.id, tail.index) == nil && tail.driver.failed.map(\.attempt) == [1])
    #expect(tail.driver.scheduler.task(tail.index, of: tail.id)?.node == copy.node)
    tail.driver.take(.attempts(copy.id, [tail.value()]))
    #expect(tail.driver.ends[tail.id]?[tail.index]?.map(\.attempts) == [1])
    #expect(tail.driver.status(tail.id, tail.index) == .ok)
  }

  @Test("when both copies fail the attempt has failed once, and the task is retried or ends")
  func errorsOfBoth() throws {
    for attempts in 1...2 {
      var tail = try Tail(attempts: attempts)
      let copy = try tail.copy()
      tail.driver.fail(copy, index: tail.index)
      tail.driver.fail(tail.straggler, index: tail.index)
      #expect((tail.driver.status(tail.id, tail.index) == .error) == (attempts == 1))
      if attempts == 1 {
        #expect(tail.driver.ends[tail.id]?[tail.index]?.map(\.attempts) == [1])
      } else {
        #expect(tail.driver.scheduler.task(tail.index, of: tail.id)?.attempts == 1)
        #expect(tail.driver.scheduler.task(tail.index, of: tail.id)?.state == .backoff)
      }
    }
  }

  @Test("an error that would not be retried is the result, and the other copy is cancelled")
  func finalError() throws {
    var tail = try Tail(attempts: 5)
    let copy = try tail.copy()
    tail.driver.fail(copy, index: tail.index, retryable: false, code: .assertion)
    #expect(tail.driver.status(tail.id, tail.index) == .error)
    #expect(tail.driver.withdrawn == [tail.straggler.id: [tail.index]])
  }

  @Test("when the node of one copy goes the other goes on, whichever it was", arguments: [true, false])
  func nodeOfOneGoes(isCopy: Bool) throws {
    var tail = try Tail()
    let copy = try tail.copy()
    let (lost, kept) = isCopy ? (copy, tail.straggler) : (tail.straggler, copy)
    tail.driver.take(.nodeGone(name: lost.node))
    #expect(tail.driver.open.map(\.id) == [kept.id])
    #expect(tail.driver.scheduler.task(tail.index, of: tail.id)?.node == kept.node)
    tail.driver.take(.attempts(kept.id, [tail.value()]))
    #expect(tail.driver.ended[tail.id]?.counts.ok == 40)
  }

  @Test("a node that could not begin its copy leaves the task to the other", arguments: [true, false])
  func copyNotBegun(isRefusal: Bool) throws {
    var tail = try Tail()
    let copy = try tail.copy()
    if isRefusal {
      tail.driver.fail(copy, index: tail.index, retryable: false, acted: false, code: .unknownTask, begun: false)
    } else {
      tail.driver.end(copy, .refused(retryAfter: .seconds(1)))
    }
    #expect(tail.driver.scheduler.task(tail.index, of: tail.id)?.node == tail.straggler.node)
    tail.driver.take(.attempts(tail.straggler.id, [tail.value()]))
    #expect(tail.driver.ended[tail.id]?.counts.ok == 40)
  }

  @Test("a cancelled batch cancels both copies, and the task is cancelled once")
  func cancelled() throws {
    var tail = try Tail()
    let copy = try tail.copy()
    tail.driver.take(.cancel(tail.id))
    #expect(Set(tail.driver.cancelled) == [copy.id, tail.straggler.id])
    for shard in [copy, tail.straggler] {
      let end = AttemptEnd(index: tail.index, outcome: .cancelled(mayHaveActed: true))
      tail.driver.take(.attempts(shard.id, [end]))
    }
    #expect(tail.driver.ends[tail.id]?[tail.index]?.map(\.status) == [.cancelled])
  }

  @Test("nothing is started twice that must not be, on one node alone, or on a node without its type; nobody wakes")
  func notHedged() throws {
    for var tail in [try Tail(repeatable: false), try Tail(nodes: ["a"]), try Tail(of: 8)] {
      tail.driver.pass(.seconds(60))
      #expect(tail.driver.open.map(\.id) == [tail.straggler.id] && tail.driver.wakeAt == nil)
    }
    var tail = try Tail(nodes: ["a"])
    tail.driver.node("other", types: ["http"])
    tail.driver.pass(.seconds(60))
    #expect(tail.driver.open.map(\.id) == [tail.straggler.id] && tail.driver.wakeAt == nil)
  }

  @Test("a batch that found no room for a copy starts it when a node that has some appears")
  func roomComes() throws {
    var tail = try Tail(nodes: ["a"])
    tail.driver.pass(.seconds(1))
    tail.driver.node("b", .slow)
    tail.driver.pass(.seconds(1))
    #expect(tail.driver.open.count == 1)
    tail.driver.node("b")
    let copy = try tail.copy()
    #expect(copy.node == "b")
  }

  @Test("a copy takes its place at its key's limit, and none is sent while none is free")
  func limits() throws {
    var free = try Tail(key: "shop", limit: TaskLimit(concurrency: 2))
    _ = try free.copy()
    let other = free.driver.batch(of: 1, key: "shop", limit: TaskLimit(concurrency: 2))
    #expect(free.driver.scheduler.task(0, of: other)?.waitingFor == .limit)
    free.driver.take(.attempts(free.straggler.id, [free.value()]))
    #expect(free.driver.scheduler.task(0, of: other)?.state == .running)
    var full = try Tail(key: "shop", limit: TaskLimit(concurrency: 1))
    full.driver.pass(.seconds(60))
    #expect(full.driver.open.map(\.id) == [full.straggler.id] && full.driver.wakeAt == nil)
  }

  @Test("a batch has no more second copies at once than a hundredth of its tasks, or ten")
  func bounded() throws {
    var driver = Driver()
    for name in ["a", "b"] { driver.node(name) }
    let id = driver.batch(of: 100)
    driver.now += .milliseconds(10)
    for shard in driver.open {
      let ended = shard.entries.prefix(20)
      driver.take(.attempts(shard.id, ended.map { AttemptEnd(index: Int($0.index), outcome: .ok([])) }))
    }
    driver.pass(.seconds(10))
    #expect(driver.scheduler.progress(of: id)?.hedged == 10)
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 100)
  }

  @Test("second copies take no room while first ones wait for it")
  func firstComeFirst() throws {
    var driver = Driver()
    for name in ["a", "b"] { driver.node(name, capacity: 10) }
    let tail = driver.batch(of: 20)
    driver.now += .milliseconds(10)
    for shard in driver.open {
      let ended = shard.node == "a" ? shard.entries[...] : shard.entries.dropLast()
      driver.take(.attempts(shard.id, ended.map { AttemptEnd(index: Int($0.index), outcome: .ok([])) }))
    }
    let other = driver.batch(of: 100)
    driver.pass(.seconds(10))
    #expect(driver.scheduler.progress(of: tail)?.hedged == 0)
    #expect(driver.scheduler.progress(of: other)?.counts.running == 19)
  }
}
