import Batch
import Clockwork
import Testing

@Suite struct SchedulerCancelTests {
  @Test("cancelling ends what waits at once, asks the nodes to cancel what runs, and keeps results")
  func cancel() {
    var driver = Driver()
    driver.node("a", capacity: 3)
    let id = driver.batch(of: 10, attempts: 3)
    let shard = driver.open[0]
    driver.take(.attempts(shard.id, [AttemptEnd(index: 0, outcome: .ok([]))]))
    let second = driver.open[1]
    driver.take(.cancel(id))
    #expect(Set(driver.cancelled) == [shard.id, second.id])
    #expect(driver.scheduler.progress(of: id)?.counts.cancelled == 6)
    #expect(driver.scheduler.progress(of: id)?.isCancelled == true)
    driver.take(.attempts(shard.id, [AttemptEnd(index: 1, outcome: .cancelled(mayHaveActed: true))]))
    driver.fail(shard, index: 2)
    driver.take(.cancel(id))
    driver.end(second, .broken)
    let counts = driver.ended[id]?.counts
    #expect(counts?.ok == 1 && counts?.error == 1 && counts?.cancelled == 8)
    #expect(driver.open.allSatisfy { $0.id == shard.id })
  }

  @Test("a task that must not repeat and was lost while being cancelled ends unknown")
  func cancelledAndLost() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch(of: 1, repeatable: false)
    driver.take(.cancel(id))
    driver.take(.nodeGone(name: "a"))
    #expect(driver.status(id, 0) == .unknown)
  }

  @Test("a large batch is cancelled in slices, and its retries in backoff do not come back")
  func slices() {
    var driver = Driver()
    driver.recounts = false
    driver.node("a", capacity: 1)
    let id = driver.batch(of: 25_000, attempts: 2)
    driver.fail(driver.open[0], index: 0)
    driver.take(.cancel(id))
    #expect(driver.scheduler.progress(of: id)?.counts.cancelled == 9_999)
    let shard = driver.open[1]
    while driver.ended[id] == nil, driver.wake() {
      if driver.scheduler.progress(of: id)?.counts.waiting == 0 { driver.end(shard, .broken) }
    }
    #expect(driver.ended[id]?.counts.cancelled == 25_000)
    #expect(driver.ends[id]?.values.allSatisfy { $0.count == 1 } == true)
  }
}
