import Clockwork
import HTTP
import Loop
import Swim
import Testing

@testable import Gossip

/// What somebody who means harm, or a broken program, can send to the gossip port without a key, or again with one.
@Suite("Hostile gossip", .timeLimit(.minutes(3))) struct HostileTests {
  @Test("a flood of garbage kills nobody and is counted, with a key and without", arguments: [false, true])
  func flood(_ isEncrypted: Bool) async throws {
    let key = isEncrypted ? try KeyFile([.generate()]) : nil
    let first = try await Party.start("a", keyFile: key?.path)
    let others = [
      try await Party.start("b", join: [first.gossip], keyFile: key?.path),
      try await Party.start("c", join: [first.gossip], keyFile: key?.path),
    ]
    let parties = [first] + others
    for party in parties { try await party.sees("a", "b", "c") }
    // 500 each hundredth of a second, or as many as this machine gets sent.
    let flood = try await Flood.run(
      packets: 100_000, burst: 500, pause: .milliseconds(10), to: first.membership.boundAddress)
    // What the kernel took was read, or dropped by it; both are told.
    let counted = await first.on { $0.garbageCounts.values.reduce(0, +) + $0.datagramOverflow }
    #expect(counted > flood.sent / 2, "\(counted) of \(flood.sent) are accounted for")
    let counts = await first.on { $0.garbageCounts }
    #expect(isEncrypted ? counts["wrong_key"] ?? 0 > 100 : counts.count > 5, "\(counts)")
    for party in parties {
      #expect(!party.lines.text.contains("member_died"), "\(party.membership.name):\n\(party.lines.text)")
      try await party.sees("a", "b", "c")
    }
    // Newcomers come in, and news goes round, as before.
    let newcomer = try await Party.start("d", join: [first.gossip], keyFile: key?.path)
    await others[0].on { $0.updateMeta { $0.isDraining = true } }
    for party in parties + [newcomer] {
      try await party.waits("hears of d and of b") { members in
        members.contains { $0.name == "d" && $0.isAlive }
          && members.contains { $0.name == "b" && $0.meta.isDraining }
      }
    }
    for party in parties + [newcomer] { await party.kill() }
    withExtendedLifetime(key) {}
  }

  @Test("sealed packets that are sent again and again change nothing, and are counted as what they are: old")
  func replay() async throws {
    let key = GossipKey.generate()
    let file = try KeyFile([key])
    let first = try await Party.start("a", keyFile: file.path)
    let tap = try await Tap.start(key)
    await tap.introduce(to: first)
    try await first.waits("knows the tap") { $0.contains { $0.name == "tap" } }
    // What the cluster says from here on is recorded: two who come, one of them leaves, and one changes.
    let second = try await Party.start("b", join: [first.gossip], keyFile: file.path)
    let third = try await Party.start("c", join: [first.gossip], keyFile: file.path)
    for party in [first, second, third] {
      try await party.waits("sees b and c") { members in
        ["b", "c"].allSatisfy { name in members.contains { $0.name == name && $0.isAlive } }
      }
    }
    try await first.waits("tells the tap") { _ in tap.count > 5 }
    await third.leave()
    await second.on { $0.updateMeta { $0.tags = ["zone": "new"] } }
    for party in [first, second] {
      try await party.waits("c has left") { $0.contains { $0.name == "c" && $0.state == .left } }
    }
    try await first.waits("b has changed") { $0.contains { $0.name == "b" && $0.meta.tags == ["zone": "new"] } }
    let before = await first.members().first { $0.name == "b" }?.incarnation ?? 0
    let ignored = await first.on { Self.old($0) }
    for _ in 0..<20 { for party in [first, second] { await tap.replay(to: party) } }
    try await first.waits("has read what came again") { _ in Self.old(first.membership) > ignored + 20 }
    for party in [first, second] {
      let members = await party.members()
      #expect(members.contains { $0.name == "c" && $0.state == .left }, "one that left stays away")
      let changed = try #require(members.first { $0.name == "b" })
      #expect(changed.isAlive && changed.meta.tags == ["zone": "new"] && changed.incarnation >= before)
      #expect(members.contains { $0.name == "a" && $0.isAlive })
    }
    // A busy machine may lose a stream to its deadline.
    let counts = await first.on { $0.garbageCounts }.filter { !["stream_timeout", "truncated"].contains($0.key) }
    #expect(counts == [:], "they are sealed well")
    await tap.stop()
    for party in [first, second] { await party.kill() }
    withExtendedLifetime(file) {}
  }

  private static func old(_ membership: Membership) -> Int {
    [Ignored.oldIncarnation, .alreadyKnown, .notAlive, .unknownSequence, .pingForAnother].reduce(0) {
      $0 + (membership.ignoredCounts[$1] ?? 0)
    }
  }

  @Test(
    "a stream that lies about what it holds, or is a bomb, is refused and counted, and the member goes on",
    arguments: [
      // {"Nodes": 1000000}; four billion of them; user state of two gigabytes.
      ("a million members", [6, 0x81, 0xa5] + Array("Nodes".utf8) + [0xce, 0, 0x0f, 0x42, 0x40], "too_large"),
      ("four billion members", [6, 0x81, 0xa5] + Array("Nodes".utf8) + [0xce, 0xff, 0xff, 0xff, 0xff], "too_large"),
      (
        "two gigabytes of user state", [6, 0x81, 0xac] + Array("UserStateLen".utf8) + [0xce, 0x7f, 0xff, 0xff, 0xff],
        "too_large"
      ),
      ("members of nothing", [6, 0x81, 0xa5] + Array("Nodes".utf8) + [0xcd, 0x03, 0xe8, 0x80, 0x80], "nameless"),
      ("a compression within a compression", HostileTests.compressedTwice, "too_deep"),
      ("a compression of nothing", [9, 0x81, 0xa3] + Array("Buf".utf8) + [0xa3, 0, 3, 2], "empty_expansion"),
      (
        "a text of four gigabytes", [0, 0x81, 0xa4] + Array("Node".utf8) + [0xdb, 0xff, 0xff, 0xff, 0xff], "too_large"
      ),
    ] as [(String, [UInt8], String)])
  func lyingStream(_ what: String, _ bytes: [UInt8], _ reason: String) async throws {
    var options = ClusterOptions(role: .node)
    (options.name, options.gossip, options.profile) = ("a", Authority(host: "127.0.0.1", port: 0), .lan)
    let party = try await Party.start(options)
    let stranger = try await Stranger.connect(to: party)
    await stranger.write(bytes)
    await stranger.waitForEnd()
    try await party.waitsForGarbage(reason)
    #expect(await party.members().map(\.name) == ["a"], "\(what)")
    await party.kill()
    stranger.stop()
  }

  /// A compress message around a compress message, both in LZW literals.
  private static var compressedTwice: [UInt8] { compressed(compressed([0, 0x80])) }

  /// Nine bits a literal, least significant bit first, with a clear code every hundred so that codes stay that short.
  private static func compressed(_ plain: [UInt8]) -> [UInt8] {
    var (bytes, held, bits) = ([UInt8](), 0, 0)
    func write(_ code: Int) {
      held |= code << bits
      bits += 9
      while bits >= 8 {
        bytes.append(UInt8(held & 0xff))
        held >>= 8
        bits -= 8
      }
    }
    for (place, byte) in plain.enumerated() {
      if place.isMultiple(of: 100) { write(256) }
      write(Int(byte))
    }
    write(257)
    if bits > 0 { bytes.append(UInt8(held & 0xff)) }
    return [9, 0x81, 0xa3] + Array("Buf".utf8) + [0xda, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)] + bytes
  }
}
