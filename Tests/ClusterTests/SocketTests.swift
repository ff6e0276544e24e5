import Foundation
import JSON
import Testing

@Suite("A foreign WebSocket client", .timeLimit(.minutes(5))) struct SocketTests {
  @Test(
    "registers, gets its results, cancels, and is refused with reasons by a whole node",
    .enabled("Debian's python3-websockets is missing: Tests/run installs it") {
      await ForeignPython.has("websockets")
    })
  func tasks() async throws {
    let node = try Program(["node", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local"])
    let authority = try #require(try JSONValue.parse(try await node.firstLine())["http"]?.string)
    let (status, output) = try await ForeignPython.run(script: "websocket-client/client.py", authority)
    node.send(SIGTERM)
    #expect(try await node.exitStatus() == 0, "\(node.errors)")
    try #require(status == 0, "\(output)")

    let seen = try JSONValue.parse(output)
    let registered = try #require(seen["registered"]?.elements)
    #expect(registered.map { $0["submitted_id"]?.string } == ["mine-0", "mine-1", "mine-2"])
    let results = try #require(seen["results"]?.elements)
    #expect(
      Set(results.prefix(3).map { $0["id"]?.string }) == Set(registered.map { $0["id"]?.string }) && results.count == 4)
    for result in results.prefix(3) {
      #expect(result["status"]?.string == "ok" && result["value"]?["text"]?.string == "κόσμε")
      #expect(result["submitted_id"]?.string == "mine-\(result["value"]?["number"]?.int ?? -1)")
    }
    #expect(results[3]["status"]?.string == "cancelled" && results[3]["submitted_id"]?.string == "long")
    #expect(seen["cancelled"]?["id"]?.string == results[3]["id"]?.string)
    #expect(seen["error"]?["pointer"]?.string == "/odd" && seen["binary"]?["status"]?.int == 415)
    #expect(seen["close_code"]?.int == 1000)
  }
}
