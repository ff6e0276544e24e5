import Clockwork
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("Shards", .timeLimit(.minutes(2)))
struct ShardTests {
  @Test("results leave as they finish, and the last line is the end")
  func stream() async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      let shard = Shard(
        node,
        [
          #"{"index":7,"attempt":1,"task":"gated","id":"x","key":"k","priority":3}"#,
          #"{"index":8,"attempt":3,"task":"fail","args":{"times":2}}"#,
          #"{"index":9,"attempt":1,"timeout_s":0.02,"task":"sleep","args":{"seconds":60},"attempts":9}"#,
          #"{"index":10,"attempt":1,"task":"nope"}"#, #"{"index":11,"attempt":1,"task":"sleep"}"#,
        ])
      try await eventually(node.loop, "three results") { shard[8] != nil && shard[10] != nil && shard[11] != nil }
      #expect(shard[7] == nil)
      gate.open()
      #expect(shard.status == 200)
      #expect(shard[8]?["value"]?["attempt"]?.int == 3)
      #expect(shard[10]?.at(pointer: "/error/code")?.string == "unknown_task")
      #expect(shard[11]?.at(pointer: "/error/pointer")?.string == "/args/seconds")
      #expect(shard[11]?.at(pointer: "/error/effect")?.bool == false)
      try await eventually(node.loop, "the end") { shard.end != nil }
      #expect(shard.isComplete)
      #expect(shard[7]?["status"]?.string == "ok")
      #expect(shard[7]?["value"]?.bool == true && shard[7]?["begun"] == nil)
      #expect(shard[10]?["begun"]?.bool == false && shard[11]?["begun"]?.bool == false)
      #expect([8, 9].allSatisfy { shard[$0] != nil && shard[$0]?["begun"] == nil })
      #expect(shard[9]?.at(pointer: "/error/code")?.string == "timeout")
      #expect(shard[9]?.at(pointer: "/error/retryable")?.bool == true)
      #expect(shard.lines.count { $0["index"] != nil } == 5)
      #expect(node.pool.table.kept == 0)
    }
  }

  @Test("an empty shard ends at once")
  func empty() async throws {
    try await withNode { node async throws in
      let shard = Shard(node, [])
      try await eventually(node.loop, "the end") { shard.end != nil }
      #expect(shard.lines.map(\.text) == [#"{"end":true}"#])
    }
  }

  @Test("a line of load comes every second")
  func load() async throws {
    try await withNode { node async throws in
      let shard = Shard(node, [#"{"index":0,"attempt":1,"task":"sleep","args":{"seconds":60}}"#])
      try await eventually(node.loop, "a line of load") { !shard.lines.isEmpty }
      let load = try #require(shard.lines[0]["load"])
      #expect(load["capacity"]?.int == 100)
      #expect(load["running"]?.int == 1)
      for name in ["queued", "done", "failed", "rate_per_s", "loop_lag_ms", "slow", "draining"] {
        #expect(load[name] != nil)
      }
      shard.transfer.cancel()
    }
  }

  @Test("when nobody takes up a shard whose exchange broke, its tasks are cancelled, running and queued")
  func closed() async throws {
    try await withNode(capacity: 2, shards: ShardShelf.Bounds(grace: .milliseconds(20))) { node async throws in
      let sleep = #","attempt":1,"task":"sleep","args":{"seconds":60}}"#
      let shard = Shard(node, (0..<4).map { "{\"index\":\($0)\(sleep)" })
      try await eventually(node.loop, "the tasks are there") { node.pool.table.queued == 2 }
      shard.transfer.cancel()
      try await eventually(node.loop, "nothing is left") { node.pool.table.running + node.pool.table.queued == 0 }
      #expect(try await node.ask("GET", "/shards").json["shards"]?.elements?.isEmpty == true)
    }
  }

  @Test("a shard's tasks are cancelled by index, or all")
  func cancel() async throws {
    try await withNode(capacity: 2) { node async throws in
      let sleep = #","attempt":1,"task":"sleep","args":{"seconds":60}}"#
      let shard = Shard(node, (0..<4).map { "{\"index\":\($0)\(sleep)" })
      try await eventually(node.loop, "the tasks are there") { node.pool.table.queued == 2 }
      let some = try await node.ask("DELETE", "/shards/\(shard.id)?index=1&index=3&index=99")
      #expect(some.json["cancelled"]?.int == 2)
      try await eventually(node.loop, "two are cancelled") { shard[1] != nil && shard[3] != nil }
      #expect(shard[1]?["status"]?.string == "cancelled")
      #expect(shard[1]?["effect"]?.bool == true)
      #expect(shard[3]?["effect"]?.bool == false)
      #expect(try await node.ask("DELETE", "/shards/\(shard.id)?index=x").status == 400)
      #expect(try await node.ask("DELETE", "/shards/\(shard.id)").json["cancelled"]?.int == 2)
      try await eventually(node.loop, "the end") { shard.isComplete }
      #expect(try await node.ask("DELETE", "/shards/\(shard.id)").json["cancelled"]?.int == 0)
      #expect(try await node.ask("DELETE", "/shards/\(shard.id)").status == 404)
    }
  }

  @Test("nothing is taken of a shard that does not fit, is malformed, or runs already")
  func refused() async throws {
    try await withNode(capacity: 2) { node async throws in
      let task = #","attempt":1,"task":"sleep","args":{"seconds":60}}"#
      let large = Shard(node, (0..<5).map { "{\"index\":\($0)\(task)" })
      let twice = Shard(node, (0..<2).map { _ in "{\"index\":1\(task)" })
      let garbage = Shard(node, ["{\"index\":1\(task)", "{"])
      let nameless = Shard(node, [#"{"task":"echo"}"#])
      let shards = [large, twice, garbage, nameless]
      try await eventually(node.loop, "all are refused") { shards.allSatisfy { $0.end != nil } }
      #expect(shards.map(\.status) == [503, 409, 400, 400])
      #expect(node.pool.table.running + node.pool.table.queued == 0)
      let running = Shard(node, ["{\"index\":1\(task)"])
      try await eventually(node.loop, "it runs") { running.status == 200 }
      let again = try await node.ask("POST", "/shards?id=\(running.id)", "{}", type: "application/x-ndjson")
      #expect(again.status == 409)
      for query in ["", "?id=7", "?id=\(running.id)&epoch=x"] {
        #expect(try await node.ask("POST", "/shards\(query)", "{}", type: "application/x-ndjson").status == 400)
      }
      let id = WallClock.newIdentifier().text
      #expect(try await node.ask("POST", "/shards?id=\(id)", "{}").status == 415)
      running.transfer.cancel()
    }
  }

  @Test("a coordinator that was replaced is refused")
  func epoch() async throws {
    try await withNode { node async throws in
      let new = Shard(node, [#"{"index":0,"task":"echo"}"#], query: "&coordinator=c&epoch=2")
      try await eventually(node.loop, "it ends") { new.isComplete }
      let old = Shard(node, [#"{"index":0,"task":"echo"}"#], query: "&coordinator=c&epoch=1")
      let other = Shard(node, [#"{"index":0,"task":"echo"}"#], query: "&coordinator=d&epoch=1")
      try await eventually(node.loop, "both are answered") { old.end != nil && other.end != nil }
      #expect(old.status == 409)
      #expect(other.status == 200)
    }
  }

  @Test("a reader that does not keep up holds the queued tasks back, and gets everything in the end")
  func backPressure() async throws {
    var types = TaskTypes()
    let megabyte = AnyJSON(.string(String(repeating: "x", count: 1 << 20)))
    types.register("large", repeatable: true, summary: "gives a megabyte") { (_: AnyJSON, _) in megabyte }
    try await withNode(capacity: 12, types: types) { node async throws in
      let lines = (0..<24).map { #"{"index":\#($0),"attempt":1,"task":"large"}"# }
      var request = HTTPClientRequest(
        node.url + "/shards?id=\(WallClock.newIdentifier().text)", method: "POST",
        headers: ["Content-Type": "application/x-ndjson"])
      request.body = .bytes(Array(lines.joined(separator: "\n").utf8))
      nonisolated(unsafe) var received = 0
      nonisolated(unsafe) var isOver = false
      nonisolated(unsafe) var transfer: HTTPTransfer!
      transfer = node.client.start(
        request, onHead: { _ in transfer.pause() }, onBody: { received += $0.count }, onEnd: { _ in isOver = true })
      try await eventually(node.loop, "tasks are held back") { node.pool.table[.held].count > 0 }
      #expect(node.pool.meter.done < 24)
      transfer.resume()
      try await eventually(node.loop, "the end") { isOver }
      #expect(received > 24 << 20)
      #expect(node.pool.meter.done == 24)
    }
  }

  @Test("a value that could not be read inside a line fails its own task, and the others' lines are well")
  func unreadableValue() async throws {
    try await withNode { node async throws in
      func nested(_ depth: Int) -> String {
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      }
      let shard = Shard(
        node,
        [254, Limits.valueDepth, 1].enumerated().map { index, depth in
          #"{"index":\#(index),"attempt":1,"task":"echo","args":\#(nested(depth))}"#
        })
      try await eventually(node.loop, "the end") { shard.end != nil }
      #expect(shard[0]?.at(pointer: "/error/code")?.string == "internal")
      #expect(shard[0]?.at(pointer: "/error/message")?.string?.contains("248 levels") == true)
      #expect(shard[0]?["begun"] == nil)
      #expect(shard[1]?["status"]?.string == "ok" && shard[2]?["status"]?.string == "ok")
    }
  }

  @Test("a drain is over only when the readers of results have them all")
  func drainWaitsForReaders() async throws {
    var types = TaskTypes()
    let megabyte = AnyJSON(.string(String(repeating: "x", count: 1 << 20)))
    types.register("large", repeatable: true, summary: "gives a megabyte") { (_: AnyJSON, _) in megabyte }
    try await withNode(capacity: 12, types: types) { node async throws in
      let lines = (0..<12).map { #"{"index":\#($0),"attempt":1,"task":"large"}"# }
      var request = HTTPClientRequest(
        node.url + "/shards?id=\(WallClock.newIdentifier().text)", method: "POST",
        headers: ["Content-Type": "application/x-ndjson"])
      request.body = .bytes(Array(lines.joined(separator: "\n").utf8))
      nonisolated(unsafe) var received: [UInt8] = []
      nonisolated(unsafe) var isOver = false
      nonisolated(unsafe) var hasDrained = false
      nonisolated(unsafe) var transfer: HTTPTransfer!
      transfer = node.client.start(
        request, onHead: { _ in transfer.pause() }, onBody: { received += $0 }, onEnd: { _ in isOver = true })
      try await eventually(node.loop, "all have ended") { node.pool.meter.done == 12 }
      let drain = node.loop.spawn {
        await node.service.drain()
        hasDrained = true
      }
      // A drain that did not wait would be over by now.
      for _ in 0..<20 { try await node.loop.sleep(for: .milliseconds(5)) }
      #expect(!hasDrained && !isOver)
      transfer.resume()
      await drain.value
      await node.service.close()
      try await eventually(node.loop, "the end") { isOver }
      #expect(received.count > 12 << 20)
      #expect(String(decoding: received.suffix(13), as: UTF8.self) == "{\"end\":true}\n".suffix(13))
    }
  }

  @Test("a node that closes tells no result of what it cut off")
  func nodeCloses() async throws {
    nonisolated(unsafe) var shard: Shard?
    try await withNode { node async throws in
      shard = Shard(node, [#"{"index":0,"attempt":1,"task":"sleep","args":{"seconds":60}}"#])
      try await eventually(node.loop, "it runs") { shard?.status == 200 }
      await node.service.close()
      try await eventually(node.loop, "the exchange breaks") { shard?.end != nil }
    }
    #expect(shard?.lines.contains { $0["index"] != nil || $0["end"] != nil } == false)
    guard case .failure? = shard?.end else { throw TaskFailure(.assertion, "the exchange ended as if complete") }
  }
}
