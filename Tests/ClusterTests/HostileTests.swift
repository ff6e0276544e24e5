import Foundation
import HTTP
import JSON
import Loop
import Net
import Testing

@Suite("Hostile gossip at whole processes", .serialized, .timeLimit(.minutes(5))) struct HostileTests {
  private func start(_ role: String, _ name: String, join: String? = nil) async throws -> (Program, JSONValue) {
    let program = try Program(
      [role, "--name", name, "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local"]
        + (join.map { ["--join", $0] } ?? []))
    return (program, try JSONValue.parse(try await program.firstLine()))
  }

  @Test("two seconds of 50,000 garbage packets each: all live, memory stays bounded, and /metrics tells")
  func flood() async throws {
    let loop = try EventLoop.start(name: "visitor")
    defer { loop.stop() }
    let (coordinator, ready) = try await start("coordinator", "c")
    let gossip = try #require(ready["gossip"]?.string)
    let (node, nodeReady) = try await start("node", "n", join: gossip)
    let http = [try #require(ready["http"]?.string), try #require(nodeReady["http"]?.string)]
    let targets = [gossip, try #require(nodeReady["gossip"]?.string)].map { text -> SocketAddress in
      let authority = Authority(text)!
      return SocketAddress(ip: authority.host, port: authority.port)!
    }
    let all = ["c": "alive", "n": "alive"]
    for address in http {
      #expect(try await Program.wait { try await states(address, on: loop) == all }, "\(coordinator.errors)")
    }
    try await flood(targets, on: loop)
    for (address, program) in zip(http, [coordinator, node]) {
      #expect(try await Program.wait { try await states(address, on: loop) == all }, "\(program.errors)")
      #expect(!program.errors.contains("member_died"), "\(program.errors)")
      let metrics = String(decoding: try await get("http://\(address)/metrics", on: loop), as: UTF8.self)
      let dropped = metrics.split(separator: "\n").filter {
        $0.hasPrefix("ignareo_gossip_dropped_total{") || $0.hasPrefix("ignareo_gossip_overflow_total ")
      }
      let sum = dropped.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
      #expect(sum > 10_000, "\(dropped)")
      let status = try JSONValue.parse(try await get("http://\(address)/status", on: loop))
      #expect(status["rss_bytes"]?.int ?? .max < 256 << 20)
    }
    for program in [node, coordinator] {
      program.send(SIGTERM)
      #expect(try await program.exitStatus() == 0, "\(program.errors)")
    }
  }

  /// A thousand each hundredth of a second, half to each; as many as this machine gets sent.
  private func flood(_ targets: [SocketAddress], on loop: EventLoop) async throws {
    try await loop.spawn {
      let socket = try UDPSocket(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!) { _, _ in }
      let noise = (0..<512).map { size in
        (0..<size).map { UInt8(truncatingIfNeeded: (size &* 2_654_435_761 &+ $0 &* 40_503) >> 11) }
      }
      for round in 0..<200 {
        for number in 0..<500 {
          for target in targets { socket.send(noise[(round + number) % noise.count], to: target) }
        }
        try await loop.sleep(for: .milliseconds(10))
      }
      socket.close()
    }.value
  }

  private func get(_ url: String, on loop: EventLoop) async throws -> [UInt8] {
    try await loop.spawn {
      let client = HTTPClient(loop: loop)
      defer { client.close() }
      return try await client.fetch(HTTPClientRequest(url)).body
    }.value
  }

  private func states(_ address: String, on loop: EventLoop) async throws -> [String: String] {
    let nodes = try JSONValue.parse(try await get("http://\(address)/nodes", on: loop))["nodes"]?.elements ?? []
    return Dictionary(uniqueKeysWithValues: nodes.map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") })
  }
}
