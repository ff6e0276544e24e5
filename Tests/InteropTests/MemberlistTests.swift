import Foundation
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

  @Test("theirs joins ours: both list each other; killed, theirs is found dead", arguments: keys)
  func theirsJoins(_ key: [UInt8]?) async throws {
    let ours = try await OurMember.start("ours", key: key.flatMap { GossipKey(bytes: $0) })
    let theirs = try await Peer.start("theirs", join: ours.gossip, key: key)
    try await theirs.waits("has joined") { $0.kind == "joined" }
    let seen = try await ours.sees("theirs", .alive)
    #expect(seen?.meta == .foreign && seen?.gossip.port == theirs.gossip.port)
    try await theirs.lists("ours", "theirs")
    // Ours says what it is in a meta that theirs shows as text.
    try await theirs.waits("reads our meta") { event in
      event.kind == "join" && event.name == "ours"
        && MemberMeta(bytes: Array((event.json["meta"]?.string ?? "").utf8)).http?.port == 55568
    }
    theirs.kill9()
    _ = try await ours.sees("theirs", .dead)
    await ours.kill()
  }

  @Test(
    "ours joins theirs: both list each other; ours leaves and theirs hears it, a change before that too",
    arguments: keys)
  func oursJoins(_ key: [UInt8]?) async throws {
    let theirs = try await Peer.start("theirs", key: key)
    let ours = try await OurMember.start("ours", join: theirs.gossip, key: key.flatMap { GossipKey(bytes: $0) })
    _ = try await ours.sees("theirs", .alive)
    try await theirs.lists("ours", "theirs")
    await ours.drain()
    try await theirs.waits("hears that ours drains") { event in
      event.kind == "update" && event.json["meta"]?.string?.contains(#""draining":true"#) == true
    }
    await ours.leave()
    try await theirs.waits("hears that ours left") { $0.kind == "leave" && $0.name == "ours" }
    try await theirs.lists("theirs")
  }

  @Test(
    "theirs joins a whole ignareo process and is listed at its GET /nodes, with each role",
    arguments: ["node", "coordinator"])
  func wholeProcess(_ role: String) async throws {
    let ours = try OurProcess([
      role, "--name", "ours", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local",
    ])
    let ready = try ours.ready()
    let port = ready["gossip"]?.string?.split(separator: ":").last.flatMap { UInt16($0) }
    let theirs = try await Peer.start("theirs", join: Authority(host: "127.0.0.1", port: try #require(port)))
    let url = "http://" + (ready["http"]?.string ?? "")
    var states: [String: String] = [:]
    let deadline = ContinuousClock.now + .seconds(60)
    while states != ["ours": "alive", "theirs": "alive"], ContinuousClock.now < deadline {
      let nodes = try OurProcess(["nodes", "--json", "--coordinator", url]).answer()["nodes"]?.elements ?? []
      states = Dictionary(uniqueKeysWithValues: nodes.map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") })
    }
    #expect(states == ["ours": "alive", "theirs": "alive"])
    try await theirs.lists("ours", "theirs")
    ours.stop()
    try await theirs.waits("hears that ours left") { $0.kind == "leave" && $0.name == "ours" }
  }

  @Test("theirs leaves and ours lists it as left, not as dead", arguments: [keys[0], keys[1]])
  func theirsLeaves(_ key: [UInt8]?) async throws {
    let ours = try await OurMember.start("ours", key: key.flatMap { GossipKey(bytes: $0) })
    let theirs = try await Peer.start("theirs", join: ours.gossip, key: key)
    _ = try await ours.sees("theirs", .alive)
    try theirs.tell("leave")
    _ = try await ours.sees("theirs", .left)
    await ours.kill()
  }

  @Test("killed, ours is found dead by theirs")
  func oursDies() async throws {
    let theirs = try await Peer.start("theirs")
    let ours = try await OurMember.start("ours", join: theirs.gossip)
    try await theirs.lists("ours", "theirs")
    await ours.kill()
    try await theirs.waits("finds ours dead") { $0.kind == "leave" && $0.name == "ours" }
  }

  @Test("two of ours meet through one of theirs, and two of theirs through one of ours")
  func mixed() async throws {
    let middle = try await Peer.start("t1")
    let first = try await OurMember.start("o1", join: middle.gossip)
    let second = try await OurMember.start("o2", join: middle.gossip)
    let last = try await Peer.start("t2", join: second.gossip)
    for member in [first, second] {
      for name in ["o1", "o2", "t1", "t2"] { _ = try await member.sees(name, .alive) }
    }
    try await middle.lists("o1", "o2", "t1", "t2")
    try await last.lists("o1", "o2", "t1", "t2")
    await first.leave()
    await second.leave()
    try await middle.lists("t1", "t2")
  }

  @Test("a member of ours that left and comes back under its name at another port is taken in again")
  func restart() async throws {
    let theirs = try await Peer.start("theirs")
    let before = try await OurMember.start("ours", join: theirs.gossip)
    try await theirs.lists("ours", "theirs")
    await before.leave()
    try await theirs.lists("theirs")
    let after = try await OurMember.start("ours", join: theirs.gossip)
    try await theirs.lists("ours", "theirs")
    _ = try await after.sees("theirs", .alive)
    await after.kill()
  }
}
