import HTTP
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("Members whose keys are not the cluster's", .timeLimit(.minutes(2))) struct StrayKeyTests {
  @Test("who was away while the key changed is reached again once the old one is installed, and gets the new one")
  func strayIsMended() async throws {
    let (old, new) = (GossipKey.generate(), GossipKey.generate())
    let files = try (0..<3).map { _ in try KeyFile([old]) }
    let first = try await Party.start("a", keyFile: files[0].path)
    let second = try await Party.start("b", join: [first.gossip], keyFile: files[1].path)
    let stray = try await Party.start("c", join: [first.gossip], keyFile: files[2].path)
    for party in [first, second, stray] { try await party.sees("a", "b", "c") }
    // As if c had been cut off while the others went over to the new key.
    for party in [first, second] { await party.hold([new]) }
    try await first.waits("c is dead") { $0.contains { $0.name == "c" && $0.state == .dead } }
    // The old key is back on those who lost it: c is heard, and is answered in what it understands.
    for party in [first, second] { await party.hold([new, old]) }
    for party in [first, second, stray] { try await party.sees("a", "b", "c") }
    try await first.waits("says what c lacks") {
      $0.first { $0.name == "c" }?.problem?.contains("keys install") == true
    }
    #expect(first.lines.text.contains("gossip_key_missing") && first.lines.text.contains(old.fingerprint.text))
    #expect(!first.lines.text.contains("gossip_key_adopted"))
    // What the operator is told to do, given to a member that holds both.
    let keys = ClusterKeys(membership: first.membership)
    let report = try await first.loop.spawn { try await keys.make(.install(new), isForced: false) }.value
    #expect(report.members.map(\.keys?.count) == [2, 2, 2])
    #expect(try Keyring(reading: files[2]).keys == [old, new])
    for party in [first, second, stray] { await party.kill() }
  }

  @Test(
    "a key that is installed reaches a member that is listed dead and answers; one that is gone does not hold it up")
  func listedDead() async throws {
    let (old, new) = (GossipKey.generate(), GossipKey.generate())
    let files = try (0..<3).map { _ in try KeyFile([old]) }
    let first = try await Party.start("a", keyFile: files[0].path)
    let second = try await Party.start("b", join: [first.gossip], keyFile: files[1].path)
    let third = try await Party.start("c", join: [first.gossip], keyFile: files[2].path)
    for party in [first, second, third] { try await party.sees("a", "b", "c") }
    await third.kill()
    await first.hold([new])
    try await first.waits("both are dead") { $0.filter { $0.state == .dead }.map(\.name) == ["b", "c"] }
    let keys = ClusterKeys(membership: first.membership)
    // At once: b is asked while it is listed dead.
    let report = try await first.loop.spawn {
      first.membership.transport.envelope.keyring = Keyring(keys: [new, old])
      return try await keys.make(.install(new), isForced: false)
    }.value
    #expect(report.members.map(\.keys?.count) == [2, 2, nil] && report.isWhole)
    #expect(try Keyring(reading: files[1]).keys == [old, new])
    try await second.sees("a", "b")
    for party in [first, second] { await party.kill() }
  }

  @Test("a restart whose file holds the cluster's key second joins with it, encrypts with it, and says so")
  func secondKey() async throws {
    let (old, new, unused) = (GossipKey.generate(), GossipKey.generate(), GossipKey.generate())
    let now = try KeyFile([new])
    let first = try await Party.start("a", keyFile: now.path)
    let file = try KeyFile([unused, old, new])
    let late = try await Party.start("b", join: [first.gossip], keyFile: file.path)
    for party in [first, late] { try await party.sees("a", "b") }
    #expect(late.lines.text.contains("gossip_key_adopted") && late.lines.text.contains(new.fingerprint.text))
    #expect(await late.on { $0.transport.envelope.keyring?.keys } == [new, unused, old])
    // The file is the operator's.
    #expect(try Keyring(reading: file).keys == [unused, old, new])
    for key in [old, new, unused] { #expect(!late.lines.text.contains(key.base64)) }
    for party in [first, late] { await party.kill() }
  }

  @Test("what a join fails by decides what there is to be done about it")
  func wayOut() async throws {
    let (file, other) = (try KeyFile([.generate()]), try KeyFile([.generate()]))
    let keyed = try await Party.start("keyed", keyFile: file.path)
    let plain = try await Party.start("plain")
    var labelled = Party.options("labelled")
    labelled.gossipLabel = "blue"
    let blue = try await Party.start(labelled)
    for (target, key, words) in [
      (keyed, other.path, "holds the cluster's key"), (keyed, nil, "give this member the cluster's --gossip-key-file"),
      (plain, file.path, "runs without a key"), (blue, nil, "--gossip-label"),
    ] {
      let party = try await Party.start("x", join: [target.gossip], keyFile: key)
      try await party.waits("says what to do") { _ in
        party.lines.text.split(separator: "\n").contains { $0.contains("join_unreachable") && $0.contains(words) }
      }
      await party.kill()
    }
    for party in [keyed, plain, blue] { await party.kill() }
    withExtendedLifetime([file, other]) {}
  }
}

extension Party {
  /// As if its keys had been changed; the file stays.
  fileprivate func hold(_ keys: [GossipKey]) async { await on { $0.transport.envelope.keyring = Keyring(keys: keys) } }
}

extension Keyring {
  fileprivate init(reading file: KeyFile) throws { self = try Keyring.reading(file: file.path) }
}
