import Clockwork
import HTTP
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("Membership", .timeLimit(.minutes(2))) struct MembershipTests {
  @Test("four members find each other from one join, with what they say of themselves")
  func join() async throws {
    let first = try await Party.start("a", role: .coordinator)
    let second = try await Party.start("b", join: [first.gossip], tags: ["zone": "x"])
    let third = try await Party.start("c", join: [first.gossip])
    let fourth = try await Party.start("d", join: [second.gossip])
    for party in [first, second, third, fourth] { try await party.sees("a", "b", "c", "d") }
    let seen = await fourth.members()
    #expect(seen.map(\.meta.roleName) == ["coordinator", "node", "node", "node"])
    #expect(seen[1].meta.tags == ["zone": "x"] && seen[1].meta.http?.port == 55568)
    #expect(seen[3].isSelf && !seen[0].isSelf && seen[0].gossip == first.membership.boundAddress)
    for party in [first, second, third, fourth] { await party.kill() }
  }

  @Test("a leave is seen at once, and a killed member is found dead")
  func leaveAndDeath() async throws {
    let first = try await Party.start("a")
    let second = try await Party.start("b", join: [first.gossip])
    let third = try await Party.start("c", join: [first.gossip])
    for party in [first, second, third] { try await party.sees("a", "b", "c") }
    await third.kill()
    try await first.waits("c is dead") { $0.first { $0.name == "c" }?.state == .dead }
    await second.leave()
    let death = first.lines.text.split(separator: "\n").first { $0.contains("member_died") } ?? ""
    #expect(death.contains("name=c") && (death.contains(" by=a ") || death.contains(" by=b ")), "\(death)")
    let dead = await first.members().first { $0.name == "c" }
    #expect(dead?.roundTrip == nil && dead?.suspectedBy.isEmpty == false)
    // It was heard, not found out: a suspicion would end in death.
    try await first.waits("b has left", within: .seconds(10)) { $0.first { $0.name == "b" }?.state == .left }
    await first.kill()
  }

  @Test("what a member says of itself reaches the others when it changes: that it drains, is slow, and no longer is")
  func meta() async throws {
    let first = try await Party.start("a")
    let second = try await Party.start("b", join: [first.gossip])
    try await first.sees("a", "b")
    await second.on { $0.updateMeta { $0.isDraining = true } }
    try await first.waits("b drains") { $0.first { $0.name == "b" }?.meta.isDraining == true }
    for isSlow in [true, false] {
      await second.on { $0.updateMeta { $0.isSlow = isSlow } }
      try await first.waits("b is slow: \(isSlow)") { $0.first { $0.name == "b" }?.meta.isSlow == isSlow }
    }
    #expect(await first.members().map(\.state) == [.alive, .alive], "slow is not suspect")
    await first.kill()
    await second.kill()
  }

  @Test("a name that turns out to be taken only later is an error in the log, and the member says so")
  func nameTakenLater() async throws {
    // A port that was free a moment ago.
    let probe = try await Party.start("probe")
    let gossip = probe.gossip
    await probe.kill()
    // Nobody is there to ask, so it starts.
    let twin = try await Party.start("a", join: [gossip])
    #expect(await twin.on { $0.nameConflict } == nil)
    var options = ClusterOptions(role: .node)
    options.name = "a"
    options.gossip = gossip
    options.profile = .local
    let holder = try await Party.start(options)
    // The holder of the address came second: it is the one that has to go, and both know.
    let membership = holder.membership
    try await holder.waits("says that its name is taken") { _ in
      membership.nameConflict?.contains("'a' is taken by a live member at \(twin.gossip)") == true
    }
    #expect(holder.lines.text.contains("name_taken") && holder.lines.text.contains("--name"))
    #expect(await holder.on { $0.hasLostName && $0.nameLostText.contains("--name") })
    #expect(await twin.on { $0.nameConflict } == nil)
    await twin.kill()
    await holder.kill()
  }

  @Test("a newcomer whose name is taken by a live member elsewhere does not start, and says where the other is")
  func nameTaken() async throws {
    let first = try await Party.start("a")
    do {
      let twin = try await Party.start("a", join: [first.gossip])
      Issue.record("the twin started")
      await twin.kill()
    } catch let error as StartError {
      #expect(error.text.contains("'a' is taken by a live member at \(first.gossip)"))
    }
    try await first.sees("a")
    await first.kill()
  }

  @Test("a member whose join address does not answer starts, says so, and joins when somebody comes")
  func unreachableJoin() async throws {
    let reserved = try await Party.start("reserved")
    let address = reserved.gossip
    await reserved.kill()
    let early = try await Party.start("early", join: [address])
    #expect(early.lines.text.contains("join_unreachable"))
    #expect(early.lines.text.contains("\(address)"))
    var options = ClusterOptions(role: .node)
    (options.name, options.gossip, options.profile) = ("late", address, .local)
    let late = try await Party.start(options)
    try await early.sees("early", "late")
    await early.kill()
    await late.kill()
  }

  @Test("a join name is resolved to all its addresses")
  func joinName() async throws {
    let first = try await Party.start("a")
    let second = try await Party.start("b", join: [Authority(host: "localhost", port: first.gossip.port)])
    try await second.sees("a", "b")
    await first.kill()
    await second.kill()
  }

  @Test("members meet over IPv6 too")
  func version6() async throws {
    var options = ClusterOptions(role: .node)
    (options.name, options.gossip, options.profile) = ("a", Authority(host: "::1", port: 0), .local)
    let first: Party
    do {
      first = try await Party.start(options)
    } catch let error as StartError where error.text.contains("--gossip needs an address of this machine") {
      // This machine has no IPv6.
      return
    }
    (options.name, options.join) = ("b", [first.gossip])
    let second = try await Party.start(options)
    try await second.sees("a", "b")
    #expect(await second.members().map(\.gossip.ip) == ["::1", "::1"])
    await first.kill()
    await second.kill()
  }

  @Test("members that are started at the same moment end in one cluster", arguments: ["everybody", "the next one"])
  func together(_ joined: String) async throws {
    let names = ["a", "b", "c", "d"]
    var addresses: [Authority] = []
    for name in names {
      let reserved = try await Party.start(name)
      addresses.append(reserved.gossip)
      await reserved.kill()
    }
    // Pairs first: a and b, c and d name each other, and only a names c, who may not be there yet.
    let next = [[1, 2], [0], [3], [2]]
    let parties = try await withThrowingTaskGroup { [addresses] group in
      for place in names.indices {
        group.addTask {
          var options = ClusterOptions(role: .node)
          (options.name, options.gossip, options.profile) = (names[place], addresses[place], .local)
          options.join = joined == "everybody" ? addresses : next[place].map { addresses[$0] }
          return try await Party.start(options)
        }
      }
      return try await group.reduce(into: [Party]()) { $0.append($1) }
    }
    for party in parties { try await party.sees("a", "b", "c", "d") }
    for party in parties { await party.kill() }
  }

  @Test("one that starts again under its name and address before it is missed is told of the others at once")
  func quickRestart() async throws {
    let first = try await Party.start("a")
    let second = try await Party.start("b", join: [first.gossip])
    let third = try await Party.start("c", join: [first.gossip])
    for party in [first, second, third] { try await party.sees("a", "b", "c") }
    let gossip = first.gossip
    await first.kill()
    var options = ClusterOptions(role: .node)
    (options.name, options.gossip, options.profile) = ("a", gossip, .local)
    let since = await second.members().first { $0.name == "a" }?.since
    let again = try await Party.start(options)
    for party in [again, second, third] { try await party.sees("a", "b", "c") }
    // Nobody missed it, and it is another process all the same.
    try await second.waits("its new life is seen") { _ in second.lines.text.contains("member_restarted name=a") }
    let renewed = await second.members().first { $0.name == "a" }?.since
    #expect(renewed.map(\.milliseconds) ?? 0 > since.map(\.milliseconds) ?? .max)
    for party in [again, second, third] { await party.kill() }
  }

  @Test("a port in use is a start error that names the address, the cause and the way out")
  func portInUse() async throws {
    let first = try await Party.start("a")
    var options = ClusterOptions(role: .node)
    options.gossip = first.gossip
    do {
      _ = try await Party.start(options)
      Issue.record("the second one started")
    } catch let error as StartError {
      let text = error.text.lowercased()
      #expect(text.contains("cannot listen on \(first.gossip): address already in use"))
      #expect(text.contains("ss -ltnp") && text.contains("--gossip 127.0.0.1:0"))
    }
    await first.kill()
  }

  @Test("a default name is the host's with the gossip port, and a wildcard address is not what others are told to dial")
  func defaults() async throws {
    var options = ClusterOptions(role: .node)
    options.gossip = Authority(host: "0.0.0.0", port: 0)
    let party = try await Party.start(options)
    let membership = party.membership
    #expect(membership.name.hasSuffix("-\(membership.boundAddress.port)"))
    #expect(membership.boundAddress.isUnspecified && !membership.address.isUnspecified)
    // The API that others are told to dial is this machine's own.
    #expect(party.lines.text.contains("http_not_reachable") == !membership.address.isLoopback)
    await party.kill()
    options.advertise = "127.0.0.1"
    let advertising = try await Party.start(options)
    #expect(advertising.membership.address.ip == "127.0.0.1")
    await advertising.kill()
  }
}
