import Clockwork
import HTTP
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("Two members with one name", .timeLimit(.minutes(2))) struct NameRivalryTests {
  private static let here = Swim.Address(version4: 0x0a00_0001, port: 7946)
  private static let there = Swim.Address(version4: 0x0a00_0002, port: 7946)

  private func rival(started: Int64?, at address: Swim.Address = there, _ state: MemberState = .alive) -> PushPull.State
  {
    let meta = MemberMeta(role: .node, http: nil, started: started)
    return PushPull.State(
      name: "a", address: address, meta: meta.bytes, incarnation: 1, state: state, versions: .plain)
  }

  @Test("of two that started together both sides see the same one as the later; else the listed one stays")
  func verdicts() {
    let rivalry = NameRivalry(name: "a", address: Self.here, started: 100_000_000)
    #expect(rivalry.verdict(on: rival(started: 99_999_999)) == .weYield)
    #expect(rivalry.verdict(on: rival(started: 100_000_001)) == .theyYield)
    #expect(rivalry.verdict(on: rival(started: 100_000_000)) == .theyYield)
    let other = NameRivalry(name: "a", address: Self.there, started: 100_000_000)
    #expect(other.verdict(on: rival(started: 100_000_000, at: Self.here)) == .weYield)
    for started: Int64? in [nil, 1000, 200_000_000] { #expect(rivalry.verdict(on: rival(started: started)) == .listed) }
    // A start asks who is listed, and two of one moment would else both go on.
    #expect(rivalry.refusesStart(rival(started: 100_000_000)) && !rivalry.refusesStart(rival(started: 100_000_001)))
  }

  @Test("the dead, others and this process itself are no rivals")
  func rivals() {
    let rivalry = NameRivalry(name: "a", address: Self.here, started: 1)
    #expect(rivalry.rival(in: [rival(started: 1, .dead), rival(started: 1, .left)]) == nil)
    #expect(rivalry.rival(in: [rival(started: 1, at: Self.here)]) == nil)
    #expect(rivalry.rival(in: [rival(started: 1, .suspect)])?.address == Self.there)
  }

  @Test("a conflict is over once nobody has spoken of the other one for a minute")
  func over() {
    var rivalry = NameRivalry(name: "a", address: Self.here, started: 1)
    let start = Instant.zero + .seconds(100)
    #expect(rivalry.lost(to: rival(started: 1), at: start) && !rivalry.lost(to: rival(started: 1), at: start))
    #expect(!rivalry.unseen(at: start + .seconds(59)) && rivalry.conflict?.contains("10.0.0.2:7946") == true)
    #expect(rivalry.unseen(at: start + .seconds(60)) && rivalry.conflict == nil)
  }

  @Test("the later one learns that it has to go, also where the cluster has heard of it alone")
  func laterGoes() async throws {
    let first = try await Party.start("a")
    // Unknown to each other, and the cluster joins the later one.
    let second = try await Party.start("a")
    let witness = try await Party.start("w", join: [second.gossip])
    try await witness.sees("a", "w")
    let address = await witness.on { Swim.Address($0.address) }
    await first.on { $0.feed(.meet(address)) }
    try await second.waits("it has lost its name") { _ in second.membership.hasLostName }
    #expect(await second.on { $0.nameConflict }?.contains("\(first.gossip)") == true)
    #expect(await second.members().first { $0.name == "a" }?.problem?.contains("is taken") == true)
    #expect(await !first.on { $0.hasLostName || $0.nameConflict != nil })
    for party in [first, second, witness] { await party.kill() }
  }
}

@Suite("Lives of a member") struct RestartWatchTests {
  @Test("a start that changes while a member lives is a restart; one that comes back from the dead is not")
  func restarts() {
    var watch = RestartWatch()
    let now = Instant.zero + .seconds(5)
    #expect(!watch.note(.joined, "a", started: 1, at: now) && !watch.note(.updated, "a", started: 1, at: now))
    #expect(watch.note(.updated, "a", started: 2, at: now) && watch.moment(of: "a") == now && watch.count == 1)
    #expect(!watch.note(.updated, "a", started: 2, at: now) && !watch.note(.updated, "a", started: nil, at: now))
    #expect(!watch.note(.died, "a", started: 2, at: now) && watch.moment(of: "a") == nil)
    #expect(!watch.note(.joined, "a", started: 3, at: now) && watch.count == 1)
  }

  @Test("a moment keeps its time however the clocks are read, and follows a clock that was set")
  func calendar() {
    var calendar = SteadyCalendar()
    let moment = Instant(nanoseconds: 5_000_400_000)
    func time(_ nanoseconds: Int64, _ wall: Int64) -> Int64 {
      calendar.time(of: moment, now: Instant(nanoseconds: nanoseconds), wall: Timestamp(milliseconds: wall))
        .milliseconds
    }
    let first = time(6_000_000_000, 1_000_006_000)
    #expect(first == 1_000_005_000)
    #expect(time(7_000_999_999, 1_000_007_002) == first && time(8_000_000_000, 1_000_007_998) == first)
    #expect(time(9_000_000_000, 2_000_009_000) == 2_000_005_000)
  }
}
