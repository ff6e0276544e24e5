import Batch
import Clockwork
import Testing

@Suite struct SchedulerFairnessTests {
  @Test("a batch of ten does not wait behind a batch of a million whose tasks are short")
  func smallBehindLarge() throws {
    var driver = Driver()
    driver.recounts = false
    driver.node("a", capacity: 100)
    let large = driver.batch { table in
      for _ in 0..<20_000 { table.append(type: "echo", repeatable: true) }
    }
    let small = driver.batch(of: 10)
    for _ in 0..<3 {
      driver.now += .milliseconds(50)
      driver.complete(try #require(driver.open.first))
    }
    #expect(driver.ended[small] != nil || driver.open.contains { $0.batch == small })
    #expect(driver.ended[large] == nil)
  }

  @Test("a part of each node stays free for small batches while a large one has more than fits")
  func reserve() {
    var driver = Driver()
    driver.recounts = false
    driver.node("a", capacity: 640)
    _ = driver.batch(of: 2_000)
    #expect(driver.open.reduce(0) { $0 + $1.entries.count } == 630)
    let small = driver.batch(of: 8)
    #expect(driver.open.last?.batch == small && driver.open.last?.entries.count == 8)
  }

  @Test("a batch that fits on a node whole may fill it")
  func noReserveForWhatFits() {
    var driver = Driver()
    driver.node("a", capacity: 640)
    _ = driver.batch(of: 640)
    #expect(driver.open.reduce(0) { $0 + $1.entries.count } == 640)
  }

  @Test("batches share by priority, and the lowest is not starved")
  func priorities() {
    var driver = Driver()
    driver.recounts = false
    driver.node("a", capacity: 1)
    let first = driver.batch(of: 1)
    let low = driver.batch(of: 300, priority: -20)
    let high = driver.batch(of: 300, priority: 20)
    driver.complete(driver.open[0])
    #expect(driver.ended[first] != nil)
    for _ in 0..<170 { driver.complete(driver.open[0]) }
    let (highDone, lowDone) = (driver.ends[high]?.count ?? 0, driver.ends[low]?.count ?? 0)
    #expect(highDone + lowDone == 170)
    #expect((150...165).contains(highDone), "\(highDone) of the high, \(lowDone) of the low")
  }

  @Test("inside a batch the higher priority goes first, whatever its type")
  func prioritiesInside() {
    var driver = Driver()
    driver.node("a", capacity: 1, types: ["echo", "http"])
    let id = driver.batch { table in
      for index in 0..<30 {
        table.append(type: index % 2 == 0 ? "echo" : "http", repeatable: true, priority: index % 3 * 10)
      }
    }
    var order: [Int] = []
    while let shard = driver.open.first {
      order += shard.entries.map { Int($0.index) }
      driver.complete(shard)
    }
    #expect(
      order.map { $0 % 3 } == Array(repeating: 2, count: 10) + Array(repeating: 1, count: 10)
        + Array(repeating: 0, count: 10))
    #expect(driver.ended[id] != nil)
  }

  @Test("a batch that could not run for long does not push the others aside when it can")
  func noDebt() {
    var driver = Driver()
    driver.recounts = false
    driver.node("a", capacity: 10)
    let stuck = driver.batch(of: 3_000, type: "rare")
    let other = driver.batch(of: 20_000)
    for _ in 0..<800 { driver.complete(driver.open[0]) }
    driver.node("a", capacity: 10, types: ["echo", "rare"])
    for _ in 0..<300 { driver.complete(driver.open[0]) }
    let before = driver.ends[other]?.count ?? 0
    for _ in 0..<100 { driver.complete(driver.open[0]) }
    #expect((driver.ends[other]?.count ?? 0) > before)
    #expect((driver.ends[stuck]?.count ?? 0) > 0)
  }

  @Test("where another coordinator fills a node, this one has its share of the places, and that one no more than its")
  func twoCoordinators() {
    var (first, second) = (Driver(), Driver())
    func report(load: Int, coordinators: Int) -> Scheduler.Input {
      .node(NodeReport(name: "a", capacity: 100, load: load, coordinators: coordinators, taskTypes: ["echo"]))
    }
    first.take(report(load: 0, coordinators: 0))
    let id = first.batch(of: 300)
    #expect(first.open.reduce(0) { $0 + $1.entries.count } == 99)
    for _ in 0..<3 { second.take(report(load: 99, coordinators: 1)) }
    _ = second.batch(of: 300)
    let share = second.open.reduce(0) { $0 + $1.entries.count }
    #expect((48...50).contains(share), "\(share)")
    // The first one hears of it, and gives places up as its tasks end.
    for _ in 0..<2 { first.take(report(load: 99 + share, coordinators: 2)) }
    var ended = 0
    while ended < 200, let shard = first.open.first {
      ended += shard.entries.count
      first.complete(shard)
    }
    let running = first.scheduler.progress(of: id)?.counts.running ?? 0
    #expect((48...51).contains(running), "\(running)")
  }
}
