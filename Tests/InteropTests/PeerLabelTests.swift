import Swim
import Testing

@Suite(
  "Labels of real peers",
  .enabled("Debian's memberlist knows no labels; IGNAREO_MEMBERLIST_PEER names a newer peer") {
    try await PeerProgram.knowsLabels()
  }, .timeLimit(.minutes(5)))
struct PeerLabelTests {
  @Test("members of one label meet and hear each other leave, others stay apart", arguments: MemberlistTests.keys)
  func labels(_ key: [UInt8]?) async throws {
    try await Scene.play { scene in
      let theirs = try await scene.theirs("theirs", key: key, more: ["-label", "blue"])
      let ours = try await scene.ours("ours", join: theirs.gossip, key: key, compresses: true, label: "blue")
      let second = try await scene.theirs("second", join: ours.gossip, key: key, more: ["-label", "blue"])
      for name in ["theirs", "second"] { try await ours.sees(name, .alive) }
      for peer in [theirs, second] { try await peer.lists("ours", "second", "theirs") }
      let stranger = try await scene.ours("green", join: theirs.gossip, key: key, label: "green")
      try await eventually("theirs does not refuse the other label") { theirs.words.contains("unacceptable label") }
      #expect(await stranger.states == ["green": .alive])
      await ours.leave()
      try await theirs.waits("hears that ours left") { $0.kind == "leave" && $0.name == "ours" }
    }
  }
}
