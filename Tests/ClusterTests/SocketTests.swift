import Foundation
import JSON
import Testing

/// The client in `Tests/Interop/websocket-client`, run by Debian's Python: another may lack its package.
private enum ForeignClient {
  static let missing = "Debian's python3-websockets is missing: Tests/run installs it"

  private static let python = URL(filePath: "/usr/bin/python3")
  private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Interop/websocket-client/client.py").path(percentEncoded: false)

  static func isThere() async -> Bool {
    guard FileManager.default.isExecutableFile(atPath: python.path) else { return false }
    return (try? await run(["-c", "import websockets"]))?.status == 0
  }

  static func talk(to authority: String) async throws -> (status: Int32, output: String) {
    try await run([script, authority])
  }

  /// Its outputs are few, so that a pipe holds them until it has ended.
  private static func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = python
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    let status = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    return (status, String(decoding: output, as: UTF8.self))
  }
}

@Suite("A foreign WebSocket client", .timeLimit(.minutes(5))) struct SocketTests {
  @Test(
    "registers, gets its results, cancels, and is refused with reasons by a whole node",
    .enabled(Comment(rawValue: ForeignClient.missing)) { await ForeignClient.isThere() })
  func tasks() async throws {
    let node = try Program(["node", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local"])
    let authority = try #require(try JSONValue.parse(try await node.firstLine())["http"]?.string)
    let (status, output) = try await ForeignClient.talk(to: authority)
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
