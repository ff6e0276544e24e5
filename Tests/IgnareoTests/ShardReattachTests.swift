import Clockwork
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("Shards that are taken up again", .timeLimit(.minutes(2)))
struct ShardReattachTests {
  private let gate = TaskGate()

  private func gated(_ indexes: Range<Int>) -> [String] { indexes.map { #"{"index":\#($0),"task":"gated"}"# } }

  /// What `GET /shards` says of the shard.
  private func held(_ id: String, _ node: NodeBench) async throws -> JSONValue? {
    try await node.ask("GET", "/shards?coordinator=c").json["shards"]?.elements?.first { $0["id"]?.string == id }
  }

  private func untilDetached(_ id: String, _ node: NodeBench) async throws {
    for _ in 0..<5_000 {
      if try await held(id, node)?["attached"]?.bool == false { return }
      try await node.loop.sleep(for: .milliseconds(2))
    }
    throw TaskFailure(.assertion, "shard \(id) is not detached")
  }

  @Test("a shard whose exchange broke goes on, and gives what the coordinator lacks, however often that breaks")
  func again() async throws {
    try await withNode(types: gate.types) { [gate] node async throws in
      let echo = #"{"index":0,"task":"echo"}"#
      let first = Shard(node, [echo] + gated(1..<4))
      try await eventually(node.loop, "a result") { first[0] != nil }
      first.transfer.cancel()
      try await untilDetached(first.id, node)
      let second = Shard(again: first.id, node, after: 0)
      try await eventually(node.loop, "it comes again") { second[0] != nil }
      #expect(second.status == 200 && second.start == nil && second.indexes == [0])
      second.transfer.cancel()
      try await untilDetached(first.id, node)
      let third = Shard(again: first.id, node, after: 1)
      try await eventually(node.loop, "the answer begins") { third.status == 200 }
      gate.open()
      try await eventually(node.loop, "the end") { third.end != nil }
      #expect(third.isComplete && third.indexes.sorted() == [1, 2, 3])
      #expect(node.pool.meter.done == 4)
      // What was told to its end is still there for one whose connection broke behind it.
      let fourth = Shard(again: first.id, node, after: 2)
      try await eventually(node.loop, "the end") { fourth.end != nil }
      #expect(fourth.isComplete && fourth.indexes == Array(third.indexes.dropFirst()))
    }
  }

  @Test("results of a time when nobody read are there, one by one behind any of them")
  func behindAny() async throws {
    try await withNode(types: gate.types) { [gate] node async throws in
      let shard = Shard(node, gated(0..<5))
      try await eventually(node.loop, "it runs") { shard.status == 200 }
      shard.transfer.cancel()
      try await untilDetached(shard.id, node)
      gate.open()
      try await eventually(node.loop, "all have ended") { node.pool.meter.done == 5 }
      #expect(try await held(shard.id, node)?["ended"]?.int == 5)
      let whole = Shard(again: shard.id, node, after: 0)
      try await eventually(node.loop, "the end") { whole.end != nil }
      #expect(whole.indexes.sorted() == [0, 1, 2, 3, 4])
      for after in 1...5 {
        let part = Shard(again: shard.id, node, after: after)
        try await eventually(node.loop, "the end") { part.end != nil }
        #expect(part.isComplete && part.indexes == Array(whole.indexes.dropFirst(after)))
      }
    }
  }

  @Test("whoever comes later takes the shard over from the one who reads it")
  func takenOver() async throws {
    try await withNode(types: gate.types) { [gate] node async throws in
      let first = Shard(node, gated(0..<2))
      try await eventually(node.loop, "it runs") { first.status == 200 }
      let second = Shard(again: first.id, node, after: 0, epoch: 2)
      try await eventually(node.loop, "the first one ends") { first.end != nil && second.status == 200 }
      guard case .failure? = first.end else { throw TaskFailure(.assertion, "it ended as if it were whole") }
      #expect(try await held(first.id, node)?["attached"]?.bool == true)
      gate.open()
      try await eventually(node.loop, "the end") { second.end != nil }
      #expect(second.isComplete && second.indexes.sorted() == [0, 1] && node.pool.meter.done == 2)
    }
  }

  @Test("the list says of each shard whose it is, which tasks it has, and how far it is")
  func list() async throws {
    try await withNode(types: gate.types) { [gate] node async throws in
      let mine = Shard(node, [#"{"index":9,"task":"echo"}"#] + gated(3..<5))
      let other = Shard(node, gated(0..<1), query: "&coordinator=d")
      try await eventually(node.loop, "both run") { mine[9] != nil && other.status == 200 }
      let all = try await node.ask("GET", "/shards").json["shards"]?.elements ?? []
      #expect(Set(all.map { $0["coordinator"]?.string }) == ["c", "d"])
      let shard = try #require(try await held(mine.id, node))
      #expect(shard["batch"]?.string == "b" && shard["epoch"]?.int == 1)
      #expect(shard["indexes"]?.elements?.map(\.int) == [9, 3, 4])
      #expect(shard["tasks"]?.int == 3 && shard["ended"]?.int == 1 && shard["attached"]?.bool == true)
      gate.open()
    }
  }

  @Test("a coordinator that was replaced takes nothing up, and one that takes something up is the newest")
  func epochs() async throws {
    try await withNode(types: gate.types) { [gate] node async throws in
      let shard = Shard(node, gated(0..<1), query: "&coordinator=c&epoch=5")
      try await eventually(node.loop, "it runs") { shard.status == 200 }
      let path = "/shards/\(shard.id)?coordinator=c"
      #expect(try await node.ask("GET", path + "&epoch=4").status == 409)
      let newer = Shard(again: shard.id, node, after: 0, epoch: 6)
      try await eventually(node.loop, "it is taken up") { newer.status == 200 }
      #expect(try await node.ask("GET", path + "&epoch=5").status == 409)
      let old = Shard(node, [#"{"index":0,"task":"echo"}"#], query: "&coordinator=c&epoch=5")
      try await eventually(node.loop, "it is refused") { old.end != nil }
      #expect(old.status == 409)
      #expect(newer.end == nil)
      gate.open()
      try await eventually(node.loop, "the end") { newer.isComplete }
    }
  }

  @Test("what no coordinator would ask is refused, and changes nothing")
  func refused() async throws {
    try await withNode(types: gate.types) { [gate] node async throws in
      let shard = Shard(node, [#"{"index":0,"task":"echo"}"#] + gated(1..<2))
      try await eventually(node.loop, "a result") { shard[0] != nil }
      let path = "/shards/\(shard.id)"
      for query in ["after=2", "after=-1", "after=x", "after=1.5", "after=99999999999999999999", "after="] {
        #expect(try await node.ask("GET", "\(path)?coordinator=c&epoch=1&\(query)").status == 400, "\(query)")
      }
      #expect(try await node.ask("GET", "\(path)?coordinator=c&epoch=x").status == 400)
      #expect(try await node.ask("GET", "\(path)?coordinator=d").status == 404)
      #expect(try await node.ask("GET", path).status == 404)
      for id in ["x", "0197a000-0000-7000-8000-000000000000"] {
        #expect(try await node.ask("GET", "/shards/\(id)?coordinator=c&epoch=1").status == 404)
      }
      #expect(try await node.ask("DELETE", "\(path)?keep=x").status == 400)
      let next = "/shards?id=\(WallClock.newIdentifier().text)&coordinator=c&epoch=1&done="
      for done in ["x", "\(shard.id),x"] {
        #expect(try await node.ask("POST", next + done, "", type: "application/x-ndjson").status == 400)
      }
      gate.open()
      try await eventually(node.loop, "the end") { shard.end != nil }
      #expect(shard.isComplete && shard.indexes == [0, 1])
    }
  }

  @Test("who asks for a shard that never came learns since when the node would know it, and it does not come any more")
  func neverCame() async throws {
    try await withNode { node async throws in
      let id = WallClock.newIdentifier().text
      let unknown = try await node.ask("GET", "/shards/\(id)?coordinator=c&epoch=1")
      let knows = try #require(unknown.headers["Ignareo-Knows-Ms"].flatMap { Int($0) })
      #expect(unknown.status == 404 && knows >= 0)
      let late = "/shards?id=\(id)&coordinator=c&epoch=1"
      let task = #"{"index":0,"task":"echo"}"#
      #expect(try await node.ask("POST", late, task, type: "application/x-ndjson").status == 409)
      #expect(node.pool.meter.done == 0)
    }
  }

  @Test(
    "a node that forgot a shard by itself knows none of those before; one that its coordinator let go does not count")
  func knowledge() async throws {
    try await withNode(shards: ShardShelf.Bounds(keptFor: .milliseconds(30))) { node async throws in
      func known() async throws -> Int {
        let id = WallClock.newIdentifier().text
        let answer = try await node.ask("GET", "/shards/\(id)?coordinator=c&epoch=1")
        return try #require(answer.headers["Ignareo-Knows-Ms"].flatMap { Int($0) })
      }
      let before = MonotonicClock.now
      let shard = Shard(node, [#"{"index":0,"task":"echo"}"#])
      try await eventually(node.loop, "the end") { shard.end != nil }
      #expect(try await node.ask("DELETE", "/shards/\(shard.id)").status == 200)
      #expect(try await known() >= Int((MonotonicClock.now - before).inMilliseconds) - 1_000)
      let taken = MonotonicClock.now
      let forgotten = Shard(node, [#"{"index":0,"task":"echo"}"#])
      try await eventually(node.loop, "the end") { forgotten.end != nil }
      while try await held(forgotten.id, node) != nil { try await node.loop.sleep(for: .milliseconds(2)) }
      // It cannot have been taken before it was sent.
      #expect(try await known() <= Int((MonotonicClock.now - taken).inMilliseconds))
    }
  }
}

@Suite("Shards that did not come")
struct DeniedShardTests {
  @Test("of too many the oldest is forgotten")
  func bound() {
    let shelf = ShardShelf(ShardShelf.Bounds())
    let ids = (0...Limits.deniedShards).map { _ in WallClock.newIdentifier() }
    for id in ids + ids.dropFirst() { shelf.deny(id) }
    #expect(!shelf.isDenied(ids[0]) && ids.dropFirst().allSatisfy(shelf.isDenied))
  }
}
