import HTTP
import JSON
import Loop
import Testing

@testable import Ignareo

@Suite("Sockets of a node that drains", .timeLimit(.minutes(2)))
struct SocketDrainTests {
  @Test("nothing more is registered, the results of what there is are pushed, then the socket is closed with 1001")
  func drains() async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      let (busy, idle) = (try await SocketClient.open(node), try await SocketClient.open(node))
      let id = try await busy.register(#"{"task":"gated"}"#)
      let drained = node.loop.spawn { await node.service.drain() }
      try await eventually(node.loop, "the idle one is closed") { idle.isEnded }
      #expect(idle.close?.code == .goingAway)
      let refused = try await busy.ask(#"{"register":{"task":"echo","id":"late"}}"#)["error"]
      #expect(refused?["type"]?.string == "urn:ignareo:problem:draining" && refused?["status"]?.int == 503)
      #expect(refused?["submitted_id"]?.string == "late")
      #expect(try await busy.ask(#"{"cancel":"x"}"#)["error"]?["status"]?.int == 404)
      #expect(try await SocketClient.open(node).status == 503)
      gate.open()
      #expect(try await busy.result()["id"]?.string == id)
      await drained.value
      try await eventually(node.loop, "the end") { busy.isEnded }
      #expect(busy.close?.code == .goingAway)
    }
  }

  @Test("a drain waits until a slow client has its last results and has answered the Close")
  func slowClient() async throws {
    try await withNode(types: .withBlocks) { node async throws in
      let client = try await SocketClient.open(node)
      client.stopReading()
      client.say("{\"register\":\(blocks(30, of: mebibyte))}")
      try await eventually(node.loop, "the tasks have ended") { node.pool.table.kept == 30 }
      let isDrained = Lock(false)
      let drained = node.loop.spawn {
        await node.service.drain()
        isDrained.withLock { $0 = true }
      }
      for _ in 0..<100 { await node.loop.yield() }
      #expect(!isDrained.withLock { $0 })
      client.goOnReading()
      await drained.value
      try await eventually(node.loop, "the end") { client.isEnded }
      #expect(client.close?.code == .goingAway)
      #expect(Set(try client.messages.compactMap { $0["result"]?["id"]?.string }).count == 30)
      #expect(client.texts.count == 31)
    }
  }

  @Test("a node that closes tells its sockets what became of their tasks, and that it goes away")
  func closes() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      let id = try await client.register(#"{"task":"sleep","args":{"seconds":60}}"#)
      await node.service.close()
      try await eventually(node.loop, "the end") { client.isEnded }
      let result = try await client.result()
      #expect(result["id"]?.string == id && result["status"]?.string == "cancelled")
      #expect(client.close?.code == .goingAway)
    }
  }
}
