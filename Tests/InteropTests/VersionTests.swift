import Foundation
import Gossip
import HTTP
import Swim
import Testing

@Suite(
  "Protocol versions of real peers",
  .enabled(Comment(rawValue: PeerProgram.missing)) { try await PeerProgram.build() }, .timeLimit(.minutes(5)))
struct VersionTests {
  init() { Endurance.shared.begin() }

  /// Speaking version 1, memberlist pads what it encrypts, and dials its own port whatever others say of theirs.
  @Test("a peer that speaks version 1 and encrypts as of old is met, probed, and found dead")
  func oldest() async throws {
    try await Scene.play { scene in
      let key: [UInt8] = Array(0..<16)
      let ours = try await scene.ours("ours", key: key)
      let samePort = Authority(host: "127.0.0.2", port: ours.gossip.port)
      let theirs = try await scene.theirs("theirs", join: ours.gossip, key: key, at: samePort, more: ["-proto", "1"])
      try await ours.sees("theirs", .alive)
      try await theirs.lists("ours", "theirs")
      theirs.kill9()
      try await ours.sees("theirs", .dead)
    }
  }

  @Test(
    "a serf agent speaks versions that are not ours: neither takes the other in, and ours says why",
    .enabled(if: SerfAgent.program != nil, "Debian's serf is missing: Tests/run installs it"))
  func serf() async throws {
    try await Scene.play { scene in
      let agent = try SerfAgent("serf")
      scene.add("serf", { agent.words }) { agent.kill9() }
      try await eventually("serf is not ready") {
        agent.words.contains("agent: Serf agent starting") && agent.isListening
      }
      let ours = try await scene.ours("ours", join: agent.gossip)
      try await eventually("ours does not say that the versions disagree") {
        ours.lines.text.contains("versions_disagree")
      }
      #expect(await ours.states == ["ours": .alive])
      #expect(!agent.words.contains("EventMemberJoin: ours"))
    }
  }
}

/// Debian's serf, which is memberlist with an application of its own on it.
final class SerfAgent: Sendable {
  static let program: URL? = ["/usr/bin/serf", "/usr/local/bin/serf"].map { URL(filePath: $0) }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }

  let gossip: Authority
  private let process = Process()
  private let output = PeerOutput()

  init(_ name: String) throws {
    gossip = Authority(host: "127.0.0.1", port: try Self.freePort())
    let rpc = try Self.freePort()
    process.executableURL = Self.program
    process.arguments = [
      "agent", "-node", name, "-bind", "\(gossip)", "-rpc-addr", "127.0.0.1:\(rpc)", "-profile", "local",
      "-log-level", "debug",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output.pipe
    process.standardError = output.pipe
    try process.run()
  }

  deinit { kill9() }

  var words: String { output.text }

  /// Whether its port takes streams.
  var isListening: Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = Self.local(port: gossip.port)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  func kill9() { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// One that was free a moment ago: serf takes no port 0.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = local(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failure = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) != 0 || getsockname(descriptor, $0, &length) != 0
      }
    }
    guard !failure else { throw Unmet("no free port: \(errno)") }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func local(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }
}
