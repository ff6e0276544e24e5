import Clockwork
import Glibc
import HTTP
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("Peers remembered on disk", .timeLimit(.minutes(2))) struct PeersTests {
  private func peer(_ number: Int, lastAlive: Int64 = 1_767_225_600) -> RememberedPeer {
    RememberedPeer(
      name: "n \(number)", address: SocketAddress(ip: "10.0.0.7", port: UInt16(1000 + number))!, lastAlive: lastAlive)
  }

  /// A coordinator that joins nobody, unless its folder tells it of somebody.
  private func remembering(_ name: String, in folder: String) async throws -> Party {
    var options = ClusterOptions(role: .coordinator)
    (options.name, options.gossip, options.profile) = (name, Authority(host: "127.0.0.1", port: 0), .local)
    return try await Party.start(options, role: .coordinator, dataFolder: folder)
  }

  @Test("peers read back as they were written, and the old file is gone whole")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let file = try PeersFile.open(folder: folder.path)
    #expect(try file.read().peers == [])
    try file.write((0..<40).map { peer($0) })
    let version6 = RememberedPeer(name: "six", address: SocketAddress(ip: "::1", port: 7946)!, lastAlive: 0)
    try file.write([peer(1), version6])
    let (peers, badLines) = try file.read()
    #expect(peers == [peer(1), version6] && badLines == 0)
    #expect(folder.names == ["peers", "peers.lock"])
    #expect(folder.read("peers").hasSuffix("10.0.0.7:1001 1767225600 n 1\n[::1]:7946 0 six\n"))
    file.close()
  }

  @Test("lines that mean nothing are skipped and counted, and no more peers are read than are kept")
  func damaged() throws {
    let bad = [
      "", "garbage", "10.0.0.7 5 n1", "10.0.0.7:0 5 n1", "host:7946 5 n1", "10.0.0.7:7946 -1 n1", "10.0.0.7:7946 5 ",
      "10.0.0.7:7946 5", "10.0.0.7:99999 5 n1", "10.0.0.7:7946 5 n\u{1}",
      "10.0.0.7:7946 5 " + String(repeating: "n", count: 256),
    ]
    let text = bad.joined(separator: "\n") + "\n# a comment\n10.0.0.7:7946 5 good\n"
    let (peers, badLines) = PeersFile.parse(Array(text.utf8)[...])
    #expect(peers.map(\.name) == ["good"] && badLines == bad.count - 1)
    #expect(PeersFile.parse([0xff, 0xfe, 0x0a, 0]).badLines == 2)
    let many = PeersFile.parse(PeersFile.text(of: (0..<1000).map { peer($0) })[...])
    #expect(many.peers.count == GossipLimits.peersRemembered && many.badLines == 0)
  }

  @Test("a folder is made with its parents, belongs to one process at a time, and a file in its place is said")
  func folder() throws {
    let folder = try TemporaryFolder()
    let deep = folder.path + "/a/b"
    let first = try PeersFile.open(folder: deep)
    #expect(throws: PeersFileError.self) { try PeersFile.open(folder: deep) }
    do { _ = try PeersFile.open(folder: deep) } catch {
      #expect(error.text.contains("another process uses the folder \(deep)"))
    }
    first.close()
    try PeersFile.open(folder: deep).close()
    try folder.write("file", "")
    do {
      _ = try PeersFile.open(folder: folder.path + "/file/data")
      Issue.record("a folder within a file")
    } catch {
      #expect(error.text.lowercased().contains("not a directory"), "\(error.text)")
    }
    for name in ["/a/b/peers.lock", "/a/b", "/a"] { _ = remove(folder.path + name) }
  }

  @Test("one that has left and starts again elsewhere, with no address to join, finds its cluster")
  func findsItsCluster() async throws {
    let folder = try TemporaryFolder()
    let first = try await remembering("c", in: folder.path)
    let others = [
      try await Party.start("n1", join: [first.gossip]), try await Party.start("n2", join: [first.gossip]),
    ]
    try await first.sees("c", "n1", "n2")
    // Nobody dials one that has left, and where it starts again nobody knows: the file alone leads back.
    await first.leave()
    let remembered = folder.read("peers")
    #expect(remembered.contains("\(others[0].gossip) ") && remembered.contains(" n2\n") && !remembered.contains(" c\n"))
    for other in others { try await other.sees("n1", "n2") }
    let again = try await remembering("c", in: folder.path)
    for party in [again] + others { try await party.sees("c", "n1", "n2") }
    for party in [again] + others { await party.kill() }
  }

  @Test("those who said good-bye are forgotten, the dead are remembered")
  func departures() async throws {
    let folder = try TemporaryFolder()
    let first = try await remembering("c", in: folder.path)
    let dying = try await Party.start("dying", join: [first.gossip])
    try await first.sees("c", "dying")
    await dying.kill()
    // With a third member, a suspicion that nobody confirms takes long.
    try await first.waits("dying is dead") { $0.contains { $0.name == "dying" && $0.state == .dead } }
    let leaving = try await Party.start("leaving", join: [first.gossip])
    try await first.sees("c", "leaving")
    await leaving.leave()
    try await first.waits("one has left and one is dead") { members in
      Set(members.map { "\($0.name) \($0.state)" }) == ["c alive", "dying dead", "leaving left"]
    }
    try await first.waits("writes it down") { _ in
      folder.read("peers").contains(" dying\n") && !folder.read("peers").contains(" leaving\n")
    }
    await first.kill()
  }

  @Test("whoever leaves while a save is under way waits for it, and for what changed meanwhile")
  func saveTwice() async throws {
    let folder = try TemporaryFolder()
    let loop = try EventLoop.start(name: "memory")
    let memory = await loop.spawn {
      let memory = PeersMemory(folder: folder.path, on: loop, log: .silent)
      func join(_ name: String, _ port: UInt16) {
        let member = ClusterMember(
          name: name, gossip: SocketAddress(ip: "10.0.0.7", port: port)!, state: .alive, incarnation: 1,
          since: WallClock.now, meta: .foreign)
        memory.note(.joined, member)
      }
      join("first", 1)
      let first = loop.spawn { await memory.save() }
      await loop.yield()
      join("second", 2)
      await memory.settle()
      let text = folder.read("peers")
      #expect(text.contains(" first\n") && text.contains(" second\n"), "\(text)")
      await first.value
      return memory
    }.value
    await loop.spawn { memory.close() }.value
    loop.stop()
  }

  @Test("what could not be saved is not taken for saved: it is written with the next change, and when it leaves")
  func failedSave() async throws {
    let folder = try TemporaryFolder()
    let loop = try EventLoop.start(name: "memory")
    let lines = LogLines()
    let memory = await loop.spawn {
      PeersMemory(folder: folder.path, on: loop, log: Log(level: .debug, format: .text) { lines.append($0) })
    }.value
    func join(_ name: String, _ port: UInt16) async {
      await loop.spawn {
        let member = ClusterMember(
          name: name, gossip: SocketAddress(ip: "10.0.0.7", port: port)!, state: .alive, incarnation: 1,
          since: WallClock.now, meta: .foreign)
        memory.note(.joined, member)
      }.value
    }
    // A folder in the file's place cannot be replaced by a file.
    #expect(mkdir(folder.path + "/peers", 0o700) == 0)
    await join("first", 1)
    await loop.spawn { await memory.save() }.value
    #expect(lines.text.contains("peers_not_saved"), "\(lines.text)")
    #expect(rmdir(folder.path + "/peers") == 0)
    await loop.spawn { await memory.settle() }.value
    #expect(folder.read("peers").contains(" first\n"))
    #expect(folder.names == ["peers", "peers.lock"], "nothing is left of what failed")
    await loop.spawn { memory.close() }.value
    loop.stop()
  }

  @Test("where nothing can be remembered a member starts all the same, and says so")
  func unusable() async throws {
    let folder = try TemporaryFolder()
    try folder.write("file", "")
    let party = try await remembering("c", in: folder.path + "/file")
    #expect(party.lines.text.contains("peers_not_remembered"))
    let first = try await remembering("a", in: folder.path)
    let second = try await remembering("b", in: folder.path)
    #expect(second.lines.text.contains("another process uses the folder"))
    #expect(!first.lines.text.contains("peers_not_remembered"))
    for party in [party, first, second] { await party.kill() }
  }
}
