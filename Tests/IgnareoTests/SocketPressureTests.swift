import HTTP
import JSON
import Loop
import Testing

@testable import Ignareo

@Suite("Sockets whose clients do not keep up", .timeLimit(.minutes(2)))
struct SocketPressureTests {
  @Test("a client that stalls is not read from; once it reads on, every result comes, though the pool forgot them")
  func stalls() async throws {
    try await withNode(capacity: 1_000, types: .withBlocks) { node async throws in
      let client = try await SocketClient.open(node)
      let first = try await client.register(#"{"task":"block","args":1}"#)
      client.stopReading()
      client.say("{\"register\":\(blocks(24, of: mebibyte))}")
      try await eventually(node.loop, "the tasks have ended") { node.pool.table.kept == 25 }
      let (questions, long) = (12, String(repeating: "q", count: 2_000_000))
      for _ in 0..<questions { client.say("{\"cancel\":\"\(long)\"}") }
      for _ in 0..<200 { await node.loop.yield() }
      #expect(client.queuedBytes > 0, "the node reads on")
      // Others' results take the place of those that wait, the oldest first.
      _ = try await node.ask("POST", "/tasks", blocks(80, of: 4 * mebibyte))
      try await eventually(node.loop, "the others have ended") { node.pool.meter.done == 1 + 24 + 80 }
      #expect(node.pool.table.kept < 80)
      #expect(try await node.ask("GET", "/tasks/\(first)").status == 404)
      client.goOnReading()
      try await eventually(node.loop, "all is told") { client.texts.count == 2 + 1 + 24 + questions }
      let results = try client.messages.compactMap { $0["result"]?["id"]?.string }
      let registered = try client.messages.compactMap { $0["registered"]?.elements }.joined()
      #expect(results.sorted() == ([first] + registered.compactMap { $0["id"]?.string }).sorted())
    }
  }

  @Test("where more waits than the node may hold, the client furthest behind is closed with 1008, the others are not")
  func tooFarBehind() async throws {
    try await withNode(capacity: 1_000, types: .withBlocks) { node async throws in
      let (slow, slowest) = (try await SocketClient.open(node), try await SocketClient.open(node))
      for (client, count) in [(slow, 6), (slowest, 80)] {
        client.stopReading()
        let before = node.pool.meter.done
        client.say("{\"register\":\(blocks(count, of: 4 * mebibyte))}")
        try await eventually(node.loop, "they have ended") { node.pool.meter.done == before + count }
      }
      slow.goOnReading()
      slowest.goOnReading()
      try await eventually(node.loop, "the slow one has all") { slow.texts.count == 7 }
      try await eventually(node.loop, "the slowest one is closed") { slowest.isEnded }
      #expect(slow.close == nil && slowest.close?.code == .policyViolation)
      #expect(slowest.close?.reason.contains("GET /tasks/{id}") == true && slowest.texts.count < 81)
      slow.say(#"{"register":{"task":"echo"}}"#)
      try await eventually(node.loop, "it is served as before") { slow.texts.count == 9 }
    }
  }
}
