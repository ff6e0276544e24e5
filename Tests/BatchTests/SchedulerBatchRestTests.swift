import Clockwork
import Testing

@testable import Batch

/// Tasks that the coordinator itself cannot send when their turn comes.
@Suite struct SchedulerBatchRestTests {
  @Test("a batch whose shard is withheld rests, its node does not; then it goes on as if nothing had been")
  func rests() throws {
    var driver = Driver()
    driver.node("a", capacity: 10)
    let id = driver.batch(of: 40, repeatable: false)
    driver.end(driver.open[0], .withheld)
    while let shard = driver.open.first { driver.end(shard, .withheld) }
    #expect(driver.scheduler.progress(of: id)?.waitingFor == .capacity)
    let other = driver.batch(of: 3)
    driver.drain()
    #expect(driver.ended[other]?.counts.ok == 3 && driver.now < Instant.zero + SchedulerLimits.batchRest)
    driver.pass(SchedulerLimits.batchRest)
    repeat { driver.drain() } while driver.ended[id] == nil && driver.wake()
    let ended = try #require(driver.ended[id])
    #expect(ended.counts.ok == 40 && ended.retried == 0)
  }

  @Test("keyed and limited tasks rest, too, and find their new home when their node has gone meanwhile")
  func keyed() throws {
    var driver = Driver()
    driver.node("a")
    driver.node("b")
    let id = driver.batch { table in
      for index in 0..<20 {
        let limit = index % 5 == 0 ? TaskLimit(concurrency: 1) : nil
        table.append(type: "echo", key: TaskKey("key \(index % 5)".utf8), limit: limit, repeatable: true)
      }
    }
    while let shard = driver.open.first { driver.end(shard, .withheld) }
    driver.take(.nodeGone(name: "a"))
    driver.pass(SchedulerLimits.batchRest)
    repeat { driver.drain() } while driver.ended[id] == nil && driver.wake()
    #expect(try #require(driver.ended[id]).counts.ok == 20)
  }

  @Test("a batch is cancelled while it rests, and its end leaves nothing behind")
  func cancelled() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 5)
    driver.end(driver.open[0], .withheld)
    driver.take(.cancel(id))
    #expect(driver.ended[id]?.counts.cancelled == 5)
    driver.pass(.seconds(1))
  }

  @Test("a task that the journal has lost ends without an attempt, and on no node; its shard goes on")
  func lostTask() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 2, repeatable: false)
    let shard = driver.open[0]
    driver.take(.attempts(shard.id, [AttemptEnd(index: 0, outcome: .lostTask(Array("{}".utf8)[...]))]))
    let end = driver.ends[id]?[0]?.first
    #expect(end?.status == .error && end?.attempts == 0 && end?.node == nil && end?.mayHaveActed == false)
    driver.take(.attempts(shard.id, [AttemptEnd(index: 1, outcome: .ok([]))]))
    driver.end(shard, .withheld)
    #expect(driver.ended[id]?.counts.ok == 1 && driver.ended[id]?.counts.error == 1)
  }
}
