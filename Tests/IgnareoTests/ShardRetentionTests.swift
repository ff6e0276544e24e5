import Clockwork
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("What a node keeps of shards", .timeLimit(.minutes(2)))
struct ShardRetentionTests {
  /// As much as fills a piece of its own.
  private static let value = AnyJSON(.string(String(repeating: "x", count: Limits.shardPieceBytes)))

  private static let largeTypes: TaskTypes = {
    var types = TaskTypes.builtIn
    types.register("large", repeatable: true, summary: "gives much") { (_: AnyJSON, _) in value }
    return types
  }()

  private func large(_ count: Int) -> [String] { (0..<count).map { #"{"index":\#($0),"task":"large"}"# } }

  /// A shard that has been read to its end.
  private func ended(_ node: NodeBench, _ tasks: [String] = [#"{"index":0,"task":"echo"}"#]) async throws -> Shard {
    let shard = Shard(node, tasks)
    try await eventually(node.loop, "the end") { shard.end != nil }
    #expect(shard.isComplete)
    return shard
  }

  private func heldIDs(_ node: NodeBench) async throws -> [String] {
    try await node.ask("GET", "/shards").json["shards"]?.elements?.compactMap { $0["id"]?.string } ?? []
  }

  @Test("a shard whose results are durable is forgotten with its coordinator's next one, and so is what it held")
  func done() async throws {
    try await withNode { node async throws in
      let shards = [try await ended(node), try await ended(node), try await ended(node)]
      #expect(try await heldIDs(node).sorted() == shards.map(\.id).sorted())
      #expect(try await node.metrics()["ignareo_shards_held_bytes"] ?? 0 > 0)
      // Another coordinator's word does not count, and an unknown shard is none of the node's business.
      let stranger = Shard(node, [], query: "&coordinator=d&done=\(shards[0].id)")
      try await eventually(node.loop, "the end") { stranger.end != nil }
      #expect(try await heldIDs(node).count == 3)
      let nobody = "0197a000-0000-7000-8000-000000000000"
      let done = "&done=\(shards[0].id),\(nobody)&done=\(shards[1].id)"
      let next = Shard(node, [], query: "&coordinator=c&epoch=1" + done)
      try await eventually(node.loop, "the end") { next.end != nil }
      #expect(next.status == 200)
      #expect(try await heldIDs(node) == [shards[2].id])
      let last = "/shards?id=\(nobody)&coordinator=c&epoch=0&done=\(shards[2].id)"
      #expect(try await node.ask("POST", last, "", type: "application/x-ndjson").status == 409)
      #expect(try await heldIDs(node) == [shards[2].id])
      #expect(try await node.ask("DELETE", "/shards/\(shards[2].id)").json["cancelled"]?.int == 0)
      #expect(try await heldIDs(node).isEmpty)
      #expect(try await node.metrics()["ignareo_shards_held_bytes"] == 0)
    }
  }

  @Test(
    "a shard that runs is not forgotten, whatever its coordinator says; and one that has ended not by a cancellation")
  func notDone() async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      let shard = Shard(node, [#"{"index":0,"task":"gated"}"#])
      try await eventually(node.loop, "it runs") { shard.status == 200 }
      let next = Shard(node, [], query: "&coordinator=c&epoch=1&done=\(shard.id)")
      try await eventually(node.loop, "the end") { next.end != nil }
      #expect(try await heldIDs(node) == [shard.id])
      gate.open()
      try await eventually(node.loop, "the end") { shard.isComplete }
      for query in ["?keep=true", "?index=0", "?index=0&keep=false"] {
        #expect(try await node.ask("DELETE", "/shards/\(shard.id)\(query)").json["cancelled"]?.int == 0)
      }
      #expect(try await heldIDs(node) == [shard.id])
    }
  }

  @Test("an id that is held is not taken a second time")
  func twice() async throws {
    try await withNode { node async throws in
      let shard = try await ended(node)
      let path = "/shards?id=\(shard.id)&coordinator=c&epoch=1"
      #expect(try await node.ask("POST", path, "", type: "application/x-ndjson").status == 409)
    }
  }

  @Test("what its coordinator never asks for again is forgotten after a while")
  func old() async throws {
    try await withNode(shards: ShardShelf.Bounds(keptFor: .milliseconds(20))) { node async throws in
      let shard = try await ended(node)
      while try await heldIDs(node).contains(shard.id) { try await node.loop.sleep(for: .milliseconds(2)) }
      #expect(try await node.ask("GET", "/shards/\(shard.id)?coordinator=c&epoch=1").status == 404)
    }
  }

  @Test("of too much the shards go first that ended first, but never the newest")
  func tooMuch() async throws {
    try await withNode(types: Self.largeTypes, shards: ShardShelf.Bounds(bytes: 5 << 16)) { node async throws in
      let old = try await ended(node, large(2))
      let middle = try await ended(node, large(2))
      #expect(try await heldIDs(node).count == 2)
      // Read again, it comes to rest last.
      let again = Shard(again: old.id, node, after: 0)
      try await eventually(node.loop, "the end") { again.end != nil }
      #expect(again.isComplete && again.indexes.count == 2)
      let new = try await ended(node, large(2))
      #expect(try await heldIDs(node).sorted() == [old.id, new.id].sorted())
      #expect(!(try await heldIDs(node)).contains(middle.id))
      // Its own results may be more than is kept: while it runs, the oldest of them go once they are sent.
      let huge = try await ended(node, large(40))
      #expect(huge.indexes.count == 40)
      #expect(try await heldIDs(node) == [huge.id])
      let rest = Shard(again: huge.id, node, after: 0)
      try await eventually(node.loop, "the end") { rest.end != nil }
      let start = try #require(rest.start)
      #expect(rest.isComplete && rest.indexes.count == 40 - start && rest.indexes.count < 20)
      #expect(try await node.metrics()["ignareo_shards_held_bytes"] ?? .infinity < Double(20 << 16))
    }
  }

  @Test("while nobody reads, a shard with much to tell begins nothing more, and goes on when it is taken up")
  func backlog() async throws {
    let gate = TaskGate()
    var types = gate.types
    types.register("large", repeatable: true, summary: "gives much") { (_: AnyJSON, context) in
      while !gate.hasOpened { try await context.sleep(.milliseconds(2)) }
      return Self.value
    }
    try await withNode(capacity: 12, types: types, shards: ShardShelf.Bounds(backlog: 1 << 18)) { node async throws in
      let shard = Shard(node, large(24))
      try await eventually(node.loop, "it runs") { shard.status == 200 && node.pool.table.running == 12 }
      shard.transfer.cancel()
      while try await node.metrics()["ignareo_shards_detached"] != 1 {
        try await node.loop.sleep(for: .milliseconds(2))
      }
      gate.open()
      try await eventually(node.loop, "tasks are held back") {
        node.pool.table[.held].count > 0 && node.pool.table.running == 0
      }
      #expect(node.pool.meter.done >= 12 && node.pool.meter.done + node.pool.table[.held].count == 24)
      let again = Shard(again: shard.id, node, after: 0)
      try await eventually(node.loop, "the end") { again.end != nil }
      #expect(again.isComplete && again.start == nil && again.indexes.sorted() == Array(0..<24))
      #expect(node.pool.meter.done == 24)
    }
  }

  @Test("a drain waits for a coordinator whose exchange broke, and lets it take up what it lacks")
  func drain() async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      let shard = Shard(node, [#"{"index":0,"task":"gated"}"#])
      try await eventually(node.loop, "it runs") { shard.status == 200 }
      shard.transfer.cancel()
      while try await node.metrics()["ignareo_shards_detached"] != 1 {
        try await node.loop.sleep(for: .milliseconds(2))
      }
      nonisolated(unsafe) var hasDrained = false
      let drain = node.loop.spawn {
        await node.service.drain()
        hasDrained = true
      }
      gate.open()
      try await eventually(node.loop, "it has ended") { node.pool.meter.done == 1 }
      // A drain that did not wait would be over by now.
      for _ in 0..<20 { try await node.loop.sleep(for: .milliseconds(5)) }
      #expect(!hasDrained)
      let again = Shard(again: shard.id, node, after: 0)
      try await eventually(node.loop, "the end") { again.end != nil }
      #expect(again.isComplete && again.indexes == [0])
      await drain.value
    }
  }

  @Test("a drain does not wait any longer than a shard's coordinator has to come back")
  func drainAlone() async throws {
    let (gate, bounds) = (TaskGate(), ShardShelf.Bounds(grace: .milliseconds(20), keptFor: .milliseconds(20)))
    try await withNode(types: gate.types, shards: bounds) { node async throws in
      let shard = Shard(node, [#"{"index":0,"task":"gated"}"#])
      try await eventually(node.loop, "it runs") { shard.status == 200 }
      shard.transfer.cancel()
      await node.service.drain()
      #expect(node.pool.table.running == 0)
    }
  }
}

@Suite("Lines that are kept")
struct KeptLinesTests {
  private func lines(_ numbers: ClosedRange<Int>) -> [UInt8] { Array(numbers.map { "\($0)\n" }.joined().utf8) }

  /// All lines behind that one.
  private func all(_ kept: KeptLines, after number: Int) -> String {
    var (text, number) = ("", number)
    while let next = kept.next(after: number) {
      text += String(decoding: next.bytes, as: UTF8.self)
      number = next.last
    }
    return text
  }

  @Test("the lines behind any of them are found, in whatever pieces they came, until they are let go")
  func behind() {
    var kept = KeptLines()
    #expect(kept.next(after: 0) == nil && kept.forgotten == 0)
    for piece in [1...1, 2...4, 5...5, 6...9] { kept.append(lines(piece), count: piece.count) }
    for number in 0..<9 { #expect(all(kept, after: number).utf8.elementsEqual(lines(number + 1...9))) }
    #expect(kept.next(after: 9) == nil && kept.count == 9)
    kept.forget(through: 4, downTo: .max)
    #expect(kept.forgotten == 0)
    kept.forget(through: 3, downTo: 0)
    #expect(kept.forgotten == 1 && all(kept, after: 1).utf8.elementsEqual(lines(2...9)))
    let weight = kept.weight
    kept.forget(through: 5, downTo: 0)
    #expect(kept.forgotten == 5 && kept.weight < weight && all(kept, after: 7).utf8.elementsEqual(lines(8...9)))
    kept.forget(through: 9, downTo: 0)
    #expect(kept.forgotten == 9 && kept.weight == 0 && kept.count == 9)
    kept.append(lines(10...10), count: 1)
    #expect(all(kept, after: 9) == "10\n")
  }
}
