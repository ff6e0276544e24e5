import Clockwork
import Testing

@testable import Swim

@Suite("members that the protocol forgot", .timeLimit(.minutes(1)))
struct DepartedTests {
  private func member(_ number: Int, _ state: MemberState = .dead) -> Member {
    Member(
      name: "n\(number)", address: Swim.Address(version4: UInt32(number), port: 1), incarnation: 1, state: state,
      since: .zero)
  }

  @Test("beyond the limit the first to come go, however many come, and who came back counts anew")
  func limit() {
    let limit = Swim.Limits.departedMembers
    var departed = Departed()
    for number in 0..<limit { #expect(departed.insert(member(number)) == nil) }
    #expect(departed.insert(member(0)) == nil)
    // The next but one goes next: it was taken out, and so nobody has to make room for the first newcomer.
    _ = departed.remove("n2")
    #expect(departed.insert(member(limit)) == nil)
    #expect(departed.insert(member(limit + 1))?.name == "n1")
    #expect(departed.insert(member(limit + 2))?.name == "n3")
    // A search through all for each of these takes minutes.
    for number in limit + 3..<10 * limit { #expect(departed.insert(member(number, .left)) != nil) }
    #expect(departed.count == limit && departed.deadCount == 0)
    #expect(departed.listed("n\(10 * limit - 1)") != nil && departed.listed("n\(9 * limit - 1)") == nil)
  }

  @Test("the last dead to come are found among many, without the left and those taken out")
  func recent() {
    var generator = SplitMix64(seed: 1)
    var departed = Departed()
    #expect(departed.recentDead(using: &generator) == nil)
    for number in 0..<1000 { _ = departed.insert(member(number)) }
    for number in 1000..<1100 { _ = departed.insert(member(number, .left)) }
    _ = departed.remove("n999")
    let found = (0..<500).compactMap { _ in departed.recentDead(using: &generator)?.name }
    #expect(Set(found).isSubset(of: Set((743...998).map { "n\($0)" })))
    #expect(found.count { $0 == "n998" } > 50 && Set(found).count > 30)
  }
}
