import Batch
import Clockwork
import Testing

@Suite struct SchedulerKeyTests {
  @Test("tasks with one key go to one node, and keys spread over the nodes")
  func affinity() {
    var driver = Driver()
    for name in ["a", "b", "c", "d"] { driver.node(name, capacity: 1_000) }
    var homes: [Int: Set<String>] = [:]
    let id = driver.batch { table in
      for index in 0..<400 { table.append(type: "echo", key: TaskKey("key\(index % 40)".utf8), repeatable: true) }
    }
    while let shard = driver.open.first {
      for entry in shard.entries { homes[Int(entry.index) % 40, default: []].insert(shard.node) }
      driver.complete(shard)
    }
    #expect(driver.ended[id]?.counts.ok == 400)
    #expect(homes.values.allSatisfy { $0.count == 1 })
    #expect(Set(homes.values.compactMap(\.first)).count == 4)
  }

  @Test("when a node goes only its keys move, and they come back with it")
  func onlyItsKeysMove() {
    var driver = Driver()
    for name in ["a", "b", "c"] { driver.node(name, capacity: 1_000) }
    func homes(_ driver: inout Driver) -> [Int: String] {
      _ = driver.batch { table in
        for index in 0..<60 { table.append(type: "echo", key: TaskKey("key\(index)".utf8), repeatable: true) }
      }
      var homes: [Int: String] = [:]
      for shard in driver.open { for entry in shard.entries { homes[Int(entry.index)] = shard.node } }
      driver.drain()
      return homes
    }
    let before = homes(&driver)
    driver.take(.nodeGone(name: "b"))
    let without = homes(&driver)
    driver.node("b", capacity: 1_000)
    #expect(before.allSatisfy { $0.value == "b" || without[$0.key] == $0.value })
    #expect(!without.values.contains("b"))
    #expect(homes(&driver) == before)
  }

  @Test("keyed tasks that wait for a closed node move to the others and wait for any when there is none")
  func rehomed() {
    var driver = Driver()
    let early = driver.batch(of: 2, key: "k")
    #expect(driver.scheduler.task(0, of: early)?.waitingFor == .taskType)
    driver.node("a", .suspect)
    #expect(driver.scheduler.task(0, of: early)?.waitingFor == .nodeSuspect)
    driver.node("a", capacity: 1)
    #expect(driver.open.count == 1)
    driver.node("a", .draining, capacity: 1)
    driver.node("b")
    #expect(driver.open.last?.node == "b")
    driver.drain()
    #expect(driver.ended[early]?.counts.ok == 2)
  }

  @Test("a node that is full hands its keyed tasks on while others are idle")
  func boundedLoad() {
    var driver = Driver()
    for name in ["a", "b", "c"] { driver.node(name, capacity: 10) }
    _ = driver.batch(of: 100, key: "hot")
    #expect(Set(driver.open.map(\.node)).count == 3)
    #expect(driver.open.reduce(0) { $0 + $1.entries.count } >= 24)
    driver.drain()
    #expect(driver.ended.count == 1)
  }
}
