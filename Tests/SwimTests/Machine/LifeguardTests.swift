import Clockwork
import Swim
import Testing

/// What is left out for an experiment is left out, and nothing else.
@Suite("Lifeguard in parts")
struct LifeguardTests {
  private static func lab(_ lifeguard: Swim.Lifeguard, others: Int = 5) -> Lab {
    var configuration = Swim.Configuration.lan
    configuration.lifeguard = lifeguard
    return Lab(configuration, others: others)
  }

  @Test("without awareness nobody doubts itself", arguments: [Swim.Lifeguard.whole, .none])
  func awareness(_ lifeguard: Swim.Lifeguard) {
    var lab = Self.lab(lifeguard)
    lab.hear(.suspect(Lab.accusation("me", by: "n2")))
    #expect(lab.swim.awareness == (lifeguard == .none ? 0 : 1))
  }

  @Test(
    "without the longer time a suspicion that nobody shares ends after the shortest",
    arguments: [(Swim.Lifeguard.whole, false), (.paper, false), (.stalls, true), (.none, true)])
  func suspicion(_ lifeguard: Swim.Lifeguard, _ isShort: Bool) throws {
    var lab = Self.lab(lifeguard)
    lab.hear(.suspect(Lab.accusation("n1", by: "n2")))
    let death = try lab.pass { effect in
      if case .event(.died(let member, _)) = effect, member.name == "n1" { true } else { nil }
    }
    #expect((death.after == .seconds(4)) == isShort)
  }

  @Test(
    "unless stalls are forgiven, whoever wakes late accuses at once",
    arguments: [(Swim.Lifeguard.whole, MemberState.alive), (.paper, .suspect)])
  func stalls(_ lifeguard: Swim.Lifeguard, _ state: MemberState) throws {
    var lab = Self.lab(lifeguard, others: 1)
    _ = try lab.passUntilPing()
    lab.stall(.seconds(5))
    lab(.wake)
    #expect(lab.state("n1") == state)
  }

  @Test("what was assumed is known, and told to nobody")
  func assumed() {
    var lab = Lab(started: false)
    lab.swim.assume(
      (1...3).map { number in
        Member(name: "n\(number)", address: Lab.address(number), incarnation: 4, state: .alive, since: .zero)
      })
    #expect(lab(.start).filter { if case .event = $0 { true } else { false } }.isEmpty)
    #expect(lab.swim.reachableCount == 3 && lab.swim.member(named: "n2")?.incarnation == 4)
    #expect(lab.swim.holdings.members == 3 && lab.swim.holdings.broadcasts == 1)
  }
}
