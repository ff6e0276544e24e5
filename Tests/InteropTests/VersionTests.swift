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
