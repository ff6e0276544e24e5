import Batch
import Clockwork
import Testing

@Suite struct SchedulerShareTests {
  /// How many tasks of a batch each node ends, if all are equally fast.
  private func ended(by capacities: [Int], tasks: Int) -> [String: Int] {
    var driver = Driver()
    driver.recounts = false
    for (place, capacity) in capacities.enumerated() { driver.node("n\(place)", capacity: capacity) }
    let id = driver.batch(of: tasks)
    var done: [String: Int] = [:]
    while driver.ended[id] == nil {
      guard let shard = driver.open.first else {
        guard driver.wake() else { break }
        continue
      }
      done[shard.node, default: 0] += shard.entries.count
      driver.pass(.milliseconds(1))
      driver.complete(shard)
    }
    #expect(driver.ended[id]?.counts.ok == tasks)
    return done
  }

  @Test("equal nodes end about the same number of tasks, also where the last ones fill no node")
  func even() {
    for tasks in [10, 300, 1_426, 4_426, 20_000] {
      let done = ended(by: [1_000, 1_000, 1_000], tasks: tasks).values.sorted()
      #expect(done.count == 3 && Double(done[2] - done[0]) <= max(1, 0.2 * Double(tasks) / 3), "\(tasks): \(done)")
    }
  }

  @Test("a large node is filled at once beside small ones")
  func uneven() {
    var driver = Driver()
    driver.recounts = false
    for name in ["a", "b", "c"] { driver.node(name, capacity: 10) }
    driver.node("d", capacity: 10_000)
    let id = driver.batch(of: 1_500)
    #expect(driver.scheduler.progress(of: id)?.counts.running == 1_500)
    #expect(driver.open.filter { $0.node == "a" }.reduce(0) { $0 + $1.entries.count } == 10)
  }

  @Test("what is left for busy nodes waits for them no longer than a moment")
  func lingers() {
    var driver = Driver()
    for name in ["a", "b"] { driver.node(name, capacity: 100) }
    let id = driver.batch(of: 300)
    for shard in driver.open where shard.node == "a" { driver.complete(shard) }
    let once = driver.scheduler.progress(of: id)?.counts.running ?? 0
    #expect((150...199).contains(once), "\(once)")
    driver.pass(.seconds(1))
    #expect(driver.scheduler.progress(of: id)?.counts.running ?? 0 >= 198)
  }

  @Test("exchanges that are open to one node are bounded, and the next one goes when one has ended")
  func exchanges() {
    var driver = Driver()
    driver.recounts = false
    driver.node("a", capacity: 4_000)
    let batches = (0..<300).map { _ in driver.batch(of: 1) }
    #expect(driver.open.count == 256)
    #expect(driver.scheduler.progress(of: batches[299])?.waitingFor == .capacity)
    #expect(driver.complete(driver.open[0]).count == 1)
    driver.drain()
    #expect(driver.ended.count == 300)
  }

  @Test("while it is held nothing new is sent, and what runs goes on")
  func held() {
    var driver = Driver()
    driver.node("a", capacity: 2)
    let id = driver.batch(of: 4)
    driver.take(.hold(true))
    driver.drain()
    #expect(driver.open.isEmpty && driver.scheduler.progress(of: id)?.waitingFor == .capacity)
    driver.take(.hold(false))
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 4)
  }
}
