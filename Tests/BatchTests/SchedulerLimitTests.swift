import Batch
import Clockwork
import Testing

@Suite struct SchedulerLimitTests {
  @Test("a key's rate holds over all batches and nodes")
  func rate() {
    var driver = Driver()
    driver.node("a")
    driver.node("b")
    let limit = TaskLimit(ratePerSecond: 5)
    let one = driver.batch(of: 10, key: "shop", limit: limit)
    let two = driver.batch(of: 10, key: "shop", limit: limit)
    var starts: [Instant] = []
    while driver.ended.count < 2 {
      while let shard = driver.open.first {
        starts += shard.entries.map { _ in driver.now }
        driver.complete(shard)
      }
      if driver.ended.isEmpty, starts.count == 3 {
        #expect(driver.scheduler.task(9, of: one)?.waitingFor == .limit)
        #expect(driver.scheduler.progress(of: two)?.waitingFor == .limit)
      }
      guard driver.ended.count < 2, driver.wake() else { break }
    }
    #expect(starts.count == 20)
    for (earlier, later) in zip(starts, starts.dropFirst()) { #expect(later - earlier >= .milliseconds(200)) }
    #expect(driver.now <= .zero + .milliseconds(3_900))
  }

  @Test("a slow rate in one batch holds up no other batch of its key")
  func slowRate() {
    var driver = Driver()
    driver.node("a")
    let slow = driver.batch(of: 3, key: "shop", limit: TaskLimit(ratePerSecond: 0.000_01))
    driver.drain()
    let fast = driver.batch(of: 20, key: "shop", limit: TaskLimit(ratePerSecond: 10))
    let both = driver.batch(of: 20, key: "shop", limit: TaskLimit(ratePerSecond: 100, concurrency: 1))
    for _ in 0..<200 {
      driver.drain()
      if driver.ended[fast] != nil, driver.ended[both] != nil { break }
      driver.wake()
    }
    #expect(driver.ended[fast]?.counts.ok == 20 && driver.ended[both]?.counts.ok == 20)
    #expect(driver.now <= .zero + .seconds(3))
    #expect(driver.scheduler.progress(of: slow)?.counts.ok == 1)
    #expect(driver.scheduler.progress(of: slow)?.waitingFor == .limit)
  }

  @Test("a key's concurrency holds over all batches, and other keys go on")
  func concurrency() {
    var driver = Driver()
    driver.node("a")
    let limit = TaskLimit(concurrency: 2)
    let batches = (0..<3).map { _ in driver.batch(of: 5, key: "shop", limit: limit) }
    let free = driver.batch(of: 5, key: "other", limit: limit)
    var most = 0
    while let shard = driver.open.first(where: { $0.batch != free }) ?? driver.open.first {
      let running = driver.open.filter { $0.batch != free }.reduce(0) { $0 + $1.entries.count }
      most = max(most, running)
      driver.complete(shard)
    }
    #expect(most == 2)
    #expect(batches.allSatisfy { driver.ended[$0]?.counts.ok == 5 })
    #expect(driver.ended[free]?.counts.ok == 5)
  }

  @Test("a cancelled batch gives its place at a limit to others")
  func cancelAtLimit() {
    var driver = Driver()
    driver.node("a")
    let limit = TaskLimit(concurrency: 1)
    let first = driver.batch(of: 2, key: "shop", limit: limit)
    let second = driver.batch(of: 2, key: "shop", limit: limit)
    let shard = driver.open[0]
    driver.take(.cancel(first))
    driver.take(.attempts(shard.id, [AttemptEnd(index: 0, outcome: .cancelled(mayHaveActed: true))]))
    driver.end(shard, .finished)
    driver.drain()
    #expect(driver.ended[second]?.counts.ok == 2)
  }

  @Test("tasks at a limit whose type no node has do not hold up the others of their key")
  func stuckAtLimit() {
    var driver = Driver()
    driver.node("a")
    let limit = TaskLimit(ratePerSecond: 10, concurrency: 1)
    let stuck = driver.batch(of: 3, type: "rare", key: "shop", limit: limit)
    let other = driver.batch(of: 30, key: "shop", limit: limit)
    for _ in 0..<400 where driver.ended[other] == nil {
      driver.drain()
      driver.wake()
    }
    #expect(driver.ended[other]?.counts.ok == 30)
    #expect(driver.scheduler.progress(of: stuck)?.counts.queued == 3)
  }
}
