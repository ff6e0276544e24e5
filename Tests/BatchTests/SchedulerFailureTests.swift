import Batch
import Clockwork
import Testing

@Suite struct SchedulerFailureTests {
  @Test("a failed attempt is made again after a backoff with full jitter, up to the task's attempts")
  func retries() throws {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 1, attempts: 3)
    for attempt in 1...3 {
      let shard = try #require(driver.open.first)
      #expect(shard.entries.map(\.attempt) == [UInt16(attempt)])
      driver.fail(shard, index: 0)
      driver.end(shard, .finished)
      guard attempt < 3 else { break }
      guard case .backoff(let until)? = driver.scheduler.task(0, of: id)?.waitingFor else {
        Issue.record("not in backoff")
        return
      }
      #expect(until <= driver.now + .milliseconds(500 << (attempt - 1)))
      #expect(driver.open.isEmpty)
      driver.pass(.seconds(2))
    }
    #expect(driver.ends[id]?[0]?.map(\.status) == [.error])
    #expect(driver.ends[id]?[0]?.map(\.attempts) == [3])
    #expect(driver.ended[id]?.retried == 2)
    #expect(driver.failed.map(\.attempt) == [1, 2])
  }

  @Test("an error that is not retryable, or of a task that may have acted and must not repeat, is final")
  func finalErrors() {
    var driver = Driver()
    driver.node("a")
    let plain = driver.batch(of: 1, attempts: 5)
    driver.fail(driver.open[0], index: 0, retryable: false)
    #expect(driver.status(plain, 0) == .error)
    let once = driver.batch(of: 2, attempts: 5, repeatable: false)
    let shard = driver.open[1]
    driver.fail(shard, index: 0, acted: true)
    driver.fail(shard, index: 1, acted: false, code: .connect)
    #expect(driver.status(once, 0) == .error)
    #expect(driver.status(once, 1) == nil)
    driver.pass(.seconds(1))
    driver.drain()
    #expect(driver.status(once, 1) == .ok)
  }

  @Test("a request whose answer broke off leaves a task that must not repeat unknown, and one that may is tried again")
  func answerBrokeOff() {
    for (repeatable, acted, status) in [(false, true, TaskState.unknown), (false, false, .error), (true, true, .error)]
    {
      var driver = Driver()
      driver.node("a")
      let id = driver.batch(of: 1, repeatable: repeatable)
      driver.fail(driver.open[0], index: 0, acted: acted, code: .lost)
      #expect(driver.status(id, 0) == status)
      let again = driver.batch(of: 1, attempts: 2, repeatable: repeatable)
      driver.fail(driver.open[1], index: 0, acted: acted, code: .lost)
      driver.pass(.seconds(1))
      driver.drain()
      #expect(driver.status(again, 0) == (repeatable || !acted ? .ok : .unknown))
    }
    for code in [ErrorCode.httpStatus, .timeout, .workerCrashed] {
      var driver = Driver()
      driver.node("a")
      let id = driver.batch(of: 1, repeatable: false)
      driver.fail(driver.open[0], index: 0, code: code)
      #expect(driver.status(id, 0) == .error)
    }
  }

  @Test("when an exchange breaks, repeatable tasks run again at once and uncounted, the others end unknown")
  func brokenExchange() throws {
    var driver = Driver()
    driver.node("a")
    driver.node("b")
    driver.take(.node(NodeReport(name: "b", availability: .slow, capacity: 100, taskTypes: ["echo"])))
    let id = driver.batch { table in
      for index in 0..<4 { table.append(type: "echo", repeatable: index < 2) }
    }
    let shard = try #require(driver.open.first)
    driver.take(.attempts(shard.id, [AttemptEnd(index: 0, outcome: .ok([]))]))
    driver.node("b")
    let sent = driver.end(shard, .broken)
    #expect(sent.map(\.node) == ["b"])
    #expect(sent.flatMap(\.entries) == [Shard.Entry(index: 1, attempt: 1)])
    #expect(driver.status(id, 2) == .unknown && driver.status(id, 3) == .unknown)
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 2)
    #expect(driver.ended[id]?.counts.unknown == 2)
    #expect(driver.ends[id]?[1]?[0].attempts == 1)
    #expect(driver.ended[id]?.retried == 1)
  }

  @Test("a task whose exchanges are garbled again and again ends with the error internal")
  func garbledExchanges() throws {
    var driver = Driver()
    driver.node("a")
    let once = driver.batch(of: 1, repeatable: false)
    driver.end(driver.open[0], .garbled)
    #expect(driver.status(once, 0) == .unknown)
    let id = driver.batch(of: 1)
    for _ in 0..<20 where driver.ended[id] == nil {
      while driver.open.isEmpty, driver.wake() {}
      driver.end(try #require(driver.open.first), .garbled)
    }
    #expect(driver.ends[id]?[0]?.map(\.status) == [.error])
    #expect(driver.ends[id]?[0]?.map(\.attempts) == [3])
    #expect(driver.failed.map(\.attempt) == [1, 2])
  }

  @Test(
    "a node that refuses a shard took nothing: it rests as long as it asked, and even tasks that must not repeat go")
  func refused() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 2, repeatable: false)
    driver.end(driver.open[0], .refused(retryAfter: .seconds(3)))
    #expect(driver.open.isEmpty)
    driver.pass(.milliseconds(2_900))
    #expect(driver.open.isEmpty)
    driver.pass(.milliseconds(200))
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 2)
    #expect(driver.ended[id]?.retried == 0)
  }

  @Test("a node whose exchanges break again and again is tried ever more rarely")
  func restsGrow() {
    var driver = Driver()
    driver.node("a")
    _ = driver.batch(of: 1)
    var gaps: [Duration] = []
    for _ in 0..<6 {
      let before = driver.now
      driver.end(driver.open[0], .notSent)
      while driver.open.isEmpty, driver.wake() {}
      gaps.append(driver.now - before)
    }
    #expect(gaps == [100, 200, 400, 800, 1_600, 3_200].map { .milliseconds($0) })
  }

  @Test("what a dead node held goes to the living, and its exchanges are dropped")
  func deadNode() {
    var driver = Driver()
    driver.node("a")
    driver.node("b")
    let id = driver.batch(of: 20)
    let lost = driver.open.filter { $0.node == "a" }
    driver.take(.nodeGone(name: "a"))
    #expect(driver.open.allSatisfy { $0.node == "b" })
    for shard in lost { driver.end(shard, .broken) }
    #expect(driver.ignored == lost.map { _ in .unknownShard })
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 20)
  }

  @Test("suspect, slow and draining nodes keep what they have and get nothing new")
  func closedNodes() {
    for closed in [NodeReport.Availability.suspect, .slow, .draining] {
      var driver = Driver()
      driver.node("a", capacity: 1)
      let id = driver.batch(of: 2)
      driver.node("a", closed, capacity: 1)
      driver.complete(driver.open[0])
      #expect(driver.open.isEmpty)
      #expect(driver.scheduler.task(1, of: id)?.waitingFor == .nodeSuspect)
      #expect(driver.scheduler.progress(of: id)?.waitingFor == .nodeSuspect)
      driver.node("a", capacity: 1)
      driver.drain()
      #expect(driver.ended[id]?.counts.ok == 2)
    }
  }

  @Test("an attempt that its node cancelled by itself is made again elsewhere, unless it may have acted and must not")
  func nodeCancels() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch { table in
      table.append(type: "echo", repeatable: true)
      table.append(type: "echo", repeatable: false)
      table.append(type: "echo", repeatable: false)
    }
    let shard = driver.open[0]
    driver.node("a", .draining)
    driver.node("b")
    driver.take(
      .attempts(
        shard.id,
        [
          AttemptEnd(index: 0, outcome: .cancelled(mayHaveActed: true)),
          AttemptEnd(index: 1, outcome: .cancelled(mayHaveActed: true)),
          AttemptEnd(index: 2, outcome: .cancelled(mayHaveActed: false)),
        ]))
    driver.drain()
    #expect((0..<3).map { driver.status(id, $0) } == [.ok, .unknown, .ok])
    #expect(driver.failed.allSatisfy { String(decoding: $0.error, as: UTF8.self).contains("cancelled it by itself") })
  }
}
