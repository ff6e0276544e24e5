import Gossip
import HTTP
import JSON
import Loop
import Swim
import Testing

@Suite(
  "With real memberlist nodes",
  .enabled(Comment(rawValue: PeerProgram.missing)) { try await PeerProgram.build() }, .timeLimit(.minutes(5)))
struct MemberlistTests {
  /// Plain, AES-128 and AES-256.
  static let keys: [[UInt8]?] = [nil, Array(0..<16), Array(100..<132)]

  init() { Endurance.shared.begin() }

  @Test("theirs joins ours: both list each other; killed, theirs is found dead", arguments: keys)
  func theirsJoins(_ key: [UInt8]?) async throws {
    try await Scene.play { scene in
      let ours = try await scene.ours("ours", key: key)
      let theirs = try await scene.theirs("theirs", join: ours.gossip, key: key)
      try await theirs.waits("has joined") { $0.kind == "joined" }
      let seen = try await ours.sees("theirs", .alive)
      #expect(seen.meta == .foreign && seen.gossip.port == theirs.gossip.port)
      try await theirs.lists("ours", "theirs")
      // Ours says what it is in a meta that theirs shows as text.
      try await theirs.waits("reads our meta") { event in
        event.kind == "join" && event.name == "ours"
          && MemberMeta(bytes: Array((event.json["meta"]?.string ?? "").utf8)).http?.port == 55568
      }
      theirs.kill9()
      try await ours.sees("theirs", .dead)
    }
  }

  @Test(
    "ours joins theirs: both list each other; ours leaves and theirs hears it, a change before that too",
    arguments: keys)
  func oursJoins(_ key: [UInt8]?) async throws {
    try await Scene.play { scene in
      let theirs = try await scene.theirs("theirs", key: key)
      let ours = try await scene.ours("ours", join: theirs.gossip, key: key)
      try await ours.sees("theirs", .alive)
      try await theirs.lists("ours", "theirs")
      await ours.drain()
      try await theirs.waits("hears that ours drains") { event in
        event.kind == "update" && event.json["meta"]?.string?.contains(#""draining":true"#) == true
      }
      await ours.leave()
      try await theirs.waits("hears that ours left") { $0.kind == "leave" && $0.name == "ours" }
      try await theirs.lists("theirs")
    }
  }

  @Test(
    "theirs joins a whole ignareo process and is listed at its GET /nodes, with each role; SIGTERM is a good-bye",
    arguments: ["node", "coordinator"])
  func wholeProcess(_ role: String) async throws {
    try await Scene.play { scene in
      let ours = try await scene.process("ours", role: role)
      let theirs = try await scene.theirs("theirs", join: ours.gossip)
      var states: [String: String] = [:]
      try await eventually("ours lists \(states)") {
        states = try await ours.states()
        return states == ["ours": "alive", "theirs": "alive"]
      }
      try await theirs.lists("ours", "theirs")
      ours.stop()
      try await theirs.waits("hears that ours left") { $0.kind == "leave" && $0.name == "ours" }
    }
  }

  @Test("theirs leaves and ours lists it as left, not as dead", arguments: [keys[0], keys[1]])
  func theirsLeaves(_ key: [UInt8]?) async throws {
    try await Scene.play { scene in
      let ours = try await scene.ours("ours", key: key)
      let theirs = try await scene.theirs("theirs", join: ours.gossip, key: key)
      try await ours.sees("theirs", .alive)
      try theirs.tell("leave")
      try await ours.sees("theirs", .left)
    }
  }

  @Test("a process of ours that is killed with -9 is found failed by theirs", arguments: [keys[0], keys[2]])
  func oursDies(_ key: [UInt8]?) async throws {
    try await Scene.play { scene in
      let theirs = try await scene.theirs("theirs", key: key)
      let ours = try await scene.process("ours", join: theirs.gossip, key: key)
      try await theirs.lists("ours", "theirs")
      ours.kill9()
      try await theirs.waits("finds ours failed") { $0.kind == "leave" && $0.name == "ours" }
      #expect(theirs.words.contains("Marking ours as failed"))
    }
  }

  @Test("two of ours meet through one of theirs, and two of theirs through one of ours", arguments: [keys[0], keys[2]])
  func mixed(_ key: [UInt8]?) async throws {
    try await Scene.play { scene in
      let middle = try await scene.theirs("t1", key: key)
      let first = try await scene.ours("o1", join: middle.gossip, key: key)
      let second = try await scene.ours("o2", join: middle.gossip, key: key, compresses: true)
      let last = try await scene.theirs("t2", join: second.gossip, key: key)
      for member in [first, second] {
        for name in ["o1", "o2", "t1", "t2"] { try await member.sees(name, .alive) }
      }
      try await middle.lists("o1", "o2", "t1", "t2")
      try await last.lists("o1", "o2", "t1", "t2")
      await first.leave()
      await second.leave()
      try await middle.lists("t1", "t2")
    }
  }

  @Test("what ours compresses theirs reads, on streams and in datagrams", arguments: [keys[0], keys[1]])
  func compression(_ key: [UInt8]?) async throws {
    try await Scene.play { scene in
      let theirs = try await scene.theirs("theirs", key: key, more: ["-compress=false"])
      let ours = try await scene.ours("ours", join: theirs.gossip, key: key, compresses: true)
      try await ours.sees("theirs", .alive)
      try await theirs.lists("ours", "theirs")
      // Its meta makes an alive message long enough to gain from compression.
      await ours.drain()
      try await theirs.waits("reads a compressed change") { $0.kind == "update" && $0.name == "ours" }
      await ours.leave()
      try await theirs.waits("reads a compressed leave") { $0.kind == "leave" && $0.name == "ours" }
      #expect(!theirs.words.contains("[ERR]"), "\(theirs.words)")
    }
  }

  @Test("a member of ours that left and comes back under its name at another port is taken in again")
  func restart() async throws {
    try await Scene.play { scene in
      let theirs = try await scene.theirs("theirs")
      let before = try await scene.ours("ours", join: theirs.gossip)
      try await theirs.lists("ours", "theirs")
      await before.leave()
      try await theirs.lists("theirs")
      let after = try await scene.ours("ours", join: theirs.gossip)
      try await theirs.lists("ours", "theirs")
      try await after.sees("theirs", .alive)
    }
  }

  @Test("a minute of their probes, plain and encrypted, and nobody is thought to have failed on either side")
  func endurance() async throws {
    for failure in try await Endurance.shared.verdicts() { Issue.record("\(failure)") }
  }
}
