import JSON
import Loop
import Testing

@testable import Ignareo

@Suite("Cancelling through a socket", .timeLimit(.minutes(2)))
struct SocketCancelTests {
  @Test("a task that runs is told to stop, and its result comes when its clean-up is done")
  func running() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      let id = try await client.register(#"{"task":"sleep","args":{"seconds":60},"id":"mine"}"#)
      try await eventually(node.loop, "it runs") { node.pool.table.running == 1 }
      let cancelled = try await client.ask("{\"cancel\":\"\(id)\"}")["cancelled"]
      #expect(
        cancelled?.text == #"{"id":"\#(id)","href":"/tasks/\#(id)","submitted_id":"mine","state":"running"}"#)
      let result = try await client.result()
      #expect(result["id"]?.string == id && result["status"]?.string == "cancelled")
      let again = try await client.ask("{\"cancel\":\"\(id)\"}")["cancelled"]
      #expect(again?["state"]?.string == "cancelled" && client.texts.count == 4)
    }
  }

  @Test("a task that waits ends at once: the answer says so, and the result comes behind it")
  func queued() async throws {
    try await withNode(capacity: 1) { node async throws in
      let client = try await SocketClient.open(node)
      _ = try await client.register(#"{"task":"sleep","args":{"seconds":60}}"#)
      let id = try await client.register(#"{"task":"sleep","args":{"seconds":60}}"#)
      client.say("{\"cancel\":\"\(id)\"}")
      #expect(try await client.next()["cancelled"]?["state"]?.string == "cancelled")
      #expect(try await client.next()["result"]?["id"]?.string == id)
    }
  }

  @Test("a task that has ended stays as it was")
  func ended() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      let id = try await client.register(#"{"task":"echo"}"#)
      _ = try await client.result()
      #expect(try await client.ask("{\"cancel\":\"\(id)\"}")["cancelled"]?["state"]?.string == "ok")
    }
  }

  @Test("another's task may be cancelled too: the answer comes here, the result to whom it belongs")
  func foreign() async throws {
    try await withNode { node async throws in
      let (owner, client) = (try await SocketClient.open(node), try await SocketClient.open(node))
      let owned = try await owner.register(#"{"task":"sleep","args":{"seconds":60}}"#)
      let posted = try await node.add(#"{"task":"sleep","args":{"seconds":60}}"#)
      for id in [owned, String(posted.dropFirst("/tasks/".count))] {
        let answer = try await client.ask("{\"cancel\":\"\(id)\"}")
        #expect(answer["cancelled"]?["id"]?.string == id)
      }
      #expect(try await owner.result()["status"]?.string == "cancelled")
      #expect(try await node.ask("GET", posted + "?wait=30").json["state"]?.string == "cancelled")
      // Whatever would come to the wrong one would have come before this answer.
      #expect(try await client.ask("[")["error"] != nil && client.texts.count == 3)
    }
  }

  @Test("a task that is cancelled at DELETE tells its socket")
  func deleted() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      let id = try await client.register(#"{"task":"sleep","args":{"seconds":60}}"#)
      #expect(try await node.ask("DELETE", "/tasks/\(id)").json["state"]?.string == "cancelled")
      #expect(try await client.result()["status"]?.string == "cancelled")
    }
  }
}
