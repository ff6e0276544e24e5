import Clockwork
import HTTP
import JSON
import Loop
import Net
import Swim
import Testing

@testable import Gossip

@Suite("A running cluster's keys", .timeLimit(.minutes(2))) struct ClusterKeysTests {
  /// Three members with a key file each, and what they are asked.
  private struct Three {
    let old = GossipKey.generate()
    let new = GossipKey.generate()
    let files: [KeyFile]
    let parties: [Party]
    let keys: ClusterKeys

    init() async throws {
      let old = old
      files = try (0..<3).map { _ in try KeyFile([old]) }
      let first = try await Party.start("a", keyFile: files[0].path)
      var parties = [first]
      for (name, file) in zip(["b", "c"], files.dropFirst()) {
        parties.append(try await Party.start(name, join: [first.gossip], keyFile: file.path))
      }
      for party in parties { try await party.sees("a", "b", "c") }
      self.parties = parties
      keys = ClusterKeys(membership: first.membership)
    }

    func report() async -> KeyReport { await parties[0].loop.spawn { [keys] in await keys.report() }.value }

    func make(_ change: KeyChange, isForced: Bool = false) async throws -> KeyReport {
      try await parties[0].loop.spawn { [keys] in try await keys.make(change, isForced: isForced) }.value
    }

    func end() async { for party in parties { await party.kill() } }

    func heldEverywhere(_ expected: [GossipKey], _ report: KeyReport) throws {
      #expect(report.isWhole)
      #expect(report.members.map(\.keys) == Array(repeating: expected.map(\.fingerprint), count: 3))
      for file in files { #expect(try Keyring.reading(file: file.path).keys == expected) }
    }
  }

  @Test("a key is installed, used, and the old one removed: on every member, in its key file, and nobody is lost")
  func rotation() async throws {
    let three = try await Three()
    try three.heldEverywhere([three.old], await three.report())
    try three.heldEverywhere([three.old, three.new], try await three.make(.install(three.new)))
    // Again: a change that failed halfway is simply made once more.
    try three.heldEverywhere([three.old, three.new], try await three.make(.install(three.new)))
    try three.heldEverywhere([three.new, three.old], try await three.make(.use(three.new.fingerprint)))
    try three.heldEverywhere([three.new], try await three.make(.remove(three.old.fingerprint)))
    for party in three.parties {
      try await party.sees("a", "b", "c")
      #expect(!party.lines.text.contains("member_suspected") && !party.lines.text.contains("member_died"))
      for key in [three.old, three.new] { #expect(!party.lines.text.contains(key.base64)) }
      #expect(party.lines.text.contains(three.new.fingerprint.text))
    }
    let late = try KeyFile([three.new])
    let newcomer = try await Party.start("d", join: [three.parties[0].gossip], keyFile: late.path)
    try await newcomer.sees("a", "b", "c", "d")
    await newcomer.kill()
    await three.end()
  }

  @Test("what would lose a member is refused before anything changes, and says who and what to do")
  func refusals() async throws {
    let three = try await Three()
    await #expect(throws: UnsafeKeyChange.notEverywhere(["a", "b", "c"])) {
      try await three.make(.use(three.new.fingerprint))
    }
    await #expect(throws: UnsafeKeyChange.inUse(["a", "b", "c"])) {
      try await three.make(.remove(three.old.fingerprint), isForced: true)
    }
    try three.heldEverywhere([three.old], await three.report())
    await three.end()
  }

  @Test("a member whose key file cannot be written keeps its keys and says so; the others make the change")
  func unwritable() async throws {
    let three = try await Three()
    // Gone, as a folder that was unmounted.
    three.files[1].remove()
    let report = try await three.make(.install(three.new))
    #expect(!report.isWhole)
    #expect(report.members.map { $0.keys?.count } == [2, nil, 2])
    guard case .failed(let reason) = report.members[1].outcome else {
      Issue.record("\(report.members[1].outcome)")
      return
    }
    #expect(reason.contains("cannot be written"))
    // It still holds what it held, so that it may not begin to be spoken to with the new one.
    await #expect(throws: UnsafeKeyChange.notEverywhere(["b"])) { try await three.make(.use(three.new.fingerprint)) }
    try await three.parties[0].sees("a", "b", "c")
    await three.end()
  }

  @Test("a member that cannot be asked holds a change up, unless it is forced")
  func silent() async throws {
    let three = try await Three()
    _ = try await three.make(.install(three.new))
    await three.parties[2].kill()
    // Still thought alive, or suspect: nobody answers at its port.
    await #expect(throws: UnsafeKeyChange.unknownKeys(["c"])) { try await three.make(.use(three.new.fingerprint)) }
    let report = try await three.make(.use(three.new.fingerprint), isForced: true)
    #expect(report.members.prefix(2).map { $0.keys?.first } == [three.new.fingerprint, three.new.fingerprint])
    try await three.parties[0].waits("c is dead") { $0.contains { $0.name == "c" && $0.state == .dead } }
    // It may only be cut off: it would come back with a key that nobody has any more.
    for change in [KeyChange.use(three.new.fingerprint), .remove(three.old.fingerprint)] {
      await #expect(throws: UnsafeKeyChange.missed(["c"])) { try await three.make(change) }
    }
    // Its row says what it needs.
    let after = try await three.make(.remove(three.old.fingerprint), isForced: true)
    guard case .notAsked = after.members[2].outcome else {
      Issue.record("\(after.members[2].outcome)")
      return
    }
    #expect(after.isWhole)
    await three.parties[0].kill()
    await three.parties[1].kill()
  }

  @Test("of two changes that are given at once, judged by the same keys, one is made and the other touches nobody")
  func atOnce() async throws {
    let three = try await Three()
    _ = try await three.make(.install(three.new))
    _ = try await three.make(.use(three.new.fingerprint))
    let second = ClusterKeys(membership: three.parties[1].membership)
    let (old, loop) = (three.old.fingerprint, three.parties[1].loop)
    // Alone each is fine; together some would encrypt with what others have removed.
    async let used = three.make(.use(old))
    async let removed = loop.spawn { try await second.make(.remove(old), isForced: false) }.value
    var made: [Bool] = []
    do { made.append(try await used.isWhole) } catch let error as UnsafeKeyChange { made.append(false); _ = error }
    do { made.append(try await removed.isWhole) } catch let error as UnsafeKeyChange { made.append(false); _ = error }
    #expect(made.count { $0 } == 1, "\(made)")
    let after = await three.report().members.map(\.keys)
    #expect(Set(after).count == 1, "\(after)")
    for party in three.parties { try await party.sees("a", "b", "c") }
    await three.end()
  }

  @Test("a member whose keys are others by now refuses an order that was judged by its old ones")
  func overtaken() async throws {
    let key = GossipKey.generate()
    let file = try KeyFile([key])
    let party = try await Party.start("a", keyFile: file.path)
    func give(_ expected: [KeyFingerprint]) async -> KeyAnswer {
      await party.loop.spawn { [membership = party.membership] in
        await withUnsafeContinuation { (continuation: UnsafeContinuation<KeyAnswer, Never>) in
          membership.keyDesk.take(.tell) { answer in
            guard case .holds(_, let challenge) = answer else { return continuation.resume(returning: answer) }
            let order = KeyOrder.change(.install(.generate()), challenge: challenge, expected: expected)
            membership.keyDesk.take(order) { continuation.resume(returning: $0) }
          }
        }
      }.value
    }
    #expect(await give([GossipKey.generate().fingerprint]) == .overtaken)
    #expect(await give([]) == .overtaken)
    guard case .holds(let keys, _) = await give([key.fingerprint]) else {
      Issue.record("refused")
      return
    }
    #expect(keys.count == 2)
    #expect(await give([key.fingerprint]) == .overtaken)
    await party.kill()
  }

  @Test("over HTTP an order needs a key of the cluster and a fresh challenge, and works once")
  func http() async throws {
    let three = try await Three()
    let first = three.parties[0]
    let server = try await first.loop.spawn { [keys = three.keys] in
      let address = SocketAddress(ip: "127.0.0.1", port: 0)!
      return try HTTPServer(loop: first.loop, address: address, handler: API(KeysView(membership: keys.membership)))
    }.value
    let url = "http://\(await first.loop.spawn { server.localAddress }.value)/keys"
    func ask(_ body: [UInt8]? = nil) async throws -> (status: Int, value: JSONValue) {
      try await first.loop.spawn {
        let client = HTTPClient(loop: first.loop)
        defer { client.close() }
        var request = HTTPClientRequest(url, method: body == nil ? "GET" : "POST")
        request.body = body.map { .bytes($0) } ?? .none
        let response = try await client.fetch(request)
        return (response.status, try JSONValue.parse(response.body))
      }.value
    }
    func order(_ key: GossipKey) async throws -> [UInt8] {
      let challenge = try #require(try await ask().value["challenge"]?.string)
      let order = SealedKeyOrder(.install(three.new), isForced: false, challenge: challenge)
      return try #require(order).sealed(with: key)
    }
    let stranger = try await ask(try await order(.generate()))
    #expect(stranger.status == 403 && stranger.value["type"]?.string?.hasSuffix("wrong_key") == true)
    let good = try await order(three.old)
    let done = try await ask(good)
    #expect(done.status == 200 && done.value["ok"]?.bool == true)
    let again = try await ask(good)
    #expect(again.status == 409 && again.value["type"]?.string?.hasSuffix("stale_order") == true)
    for body in ["", "{}", #"{"sealed":"!"}"#, #"{"sealed":""}"#] {
      #expect(try await ask(Array(body.utf8)).status >= 400)
    }
    // Gossip that was listened to is no order.
    let gossip = Keyring(keys: [three.old])!.seal(Array(#"{"order":"remove"}"#.utf8))
    #expect(try await ask(Array(#"{"sealed":"\#(Base64.encode(gossip))"}"#.utf8)).status == 403)
    for key in [three.old, three.new] { #expect(try await !ask().value.text.contains(key.base64)) }
    await first.loop.spawn { server.close() }.value
    await three.end()
  }

  private final class API: HTTPHandler, @unchecked Sendable {
    // Guarded by: the loop's thread, on which the server calls it.
    let view: KeysView
    init(_ view: KeysView) { self.view = view }
    func handle(_ exchange: HTTPExchange) { view.respond(to: exchange) }
  }
}
