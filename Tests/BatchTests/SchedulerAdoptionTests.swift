import Batch
import Clockwork
import Testing

@Suite struct SchedulerAdoptionTests {
  private static let first = UUIDv7("0197a000-0000-7000-8000-000000000001")!
  private static let second = UUIDv7("0197a000-0000-7000-8000-000000000002")!

  private static func batch(
    _ driver: inout Driver, of count: Int = 6, repeatable: Bool = true, limit: TaskLimit? = nil,
    ended: [Int] = [], _ adopted: [AdoptedShard]
  ) -> UUIDv7 {
    driver.batch { table in
      for _ in 0..<count {
        table.append(
          type: "echo", key: limit.map { _ in TaskKey("k".utf8) }, limit: limit, repeatable: repeatable)
      }
      for index in ended { table.restore(index, as: .ok, attempts: 1) }
      table.adopted = adopted
    }
  }

  @Test("what a node holds still is not sent a second time, and its results are the tasks'")
  func adopted() throws {
    var driver = Driver()
    driver.node("a")
    let id = Self.batch(
      &driver, ended: [1], [AdoptedShard(wireID: Self.first, node: "a", indexes: [0, 1, 2, 99])])
    let shard = try #require(driver.attached[Self.first])
    #expect(shard.entries.map(\.index) == [0, 2] && shard.node == "a")
    #expect(driver.open.flatMap(\.entries).map(\.index) == [3, 4, 5])
    let counts = driver.scheduler.progress(of: id)?.counts
    #expect(counts?.running == 5 && counts?.ok == 1 && counts?.total == 6)
    driver.complete(shard)
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 6 && driver.ends[id]?.count == 5)
  }

  @Test("a node that is not there yet keeps what it may hold until it is given up")
  func unseen() throws {
    for repeatable in [true, false] {
      var driver = Driver()
      driver.node("a")
      let id = Self.batch(
        &driver, of: 2, repeatable: repeatable, [AdoptedShard(wireID: Self.first, node: "b", indexes: [0])])
      #expect(driver.open.flatMap(\.entries).map(\.index) == [1])
      let shard = try #require(driver.attached[Self.first])
      driver.take(.shardEnded(shard.id, .broken))
      driver.take(.nodeGone(name: "b"))
      driver.drain()
      #expect(driver.status(id, 0) == (repeatable ? .ok : .unknown) && driver.status(id, 1) == .ok)
      #expect(driver.ended[id] != nil)
    }
  }

  @Test("a node that appears later takes its place, and new work")
  func seenLater() throws {
    var driver = Driver()
    let id = Self.batch(&driver, of: 3, [AdoptedShard(wireID: Self.first, node: "b", indexes: [0])])
    #expect(driver.open.isEmpty)
    driver.node("b", capacity: 10)
    #expect(driver.open.flatMap(\.entries).map(\.index) == [1, 2])
    driver.complete(try #require(driver.attached[Self.first]))
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 3)
  }

  @Test("one index in two shards is adopted once, and what runs holds its place at the limit")
  func limits() throws {
    var driver = Driver()
    driver.node("a")
    let id = Self.batch(
      &driver, of: 4, limit: TaskLimit(concurrency: 2),
      [
        AdoptedShard(wireID: Self.first, node: "a", indexes: [0, 1]),
        AdoptedShard(wireID: Self.second, node: "a", indexes: [1]),
      ])
    #expect(driver.attached[Self.second] == nil && driver.open.isEmpty)
    driver.complete(try #require(driver.attached[Self.first]))
    driver.drain()
    #expect(driver.ended[id]?.counts.ok == 4)
  }

  @Test("a batch that was cancelled cancels what its nodes hold")
  func cancelled() throws {
    var driver = Driver()
    driver.node("a")
    let id = Self.batch(&driver, of: 2, [AdoptedShard(wireID: Self.first, node: "a", indexes: [0, 1])])
    driver.take(.cancel(id))
    let shard = try #require(driver.attached[Self.first])
    #expect(driver.cancelled == [shard.id])
  }
}
