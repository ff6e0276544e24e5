import Clockwork
import Swim

/// No member's view of another's incarnation goes back. Only a name that was gone for so long that the protocol has
/// forgotten it begins again.
struct IncarnationChecker {
  private struct Key: Hashable {
    let observer: Int
    let life: Int
    let subject: String
  }

  private let forgottenAfter: Duration
  private var last: [Key: Member] = [:]
  private(set) var failures: [Report.Failure] = []

  init(_ profile: Swim.Configuration) { forgottenAfter = profile.gossipToTheDead }

  mutating func saw(_ member: Member, by observer: VirtualNode) {
    let key = Key(observer: observer.number, life: observer.life, subject: member.name)
    if let last = last[key], member.incarnation < last.incarnation, !mayBeForgotten(last, by: member.since) {
      let text = "\(observer.name) saw \(member.name) go from incarnation \(last.incarnation) to \(member.incarnation)"
      failures.append(Report.Failure(checker: "incarnations", text: text))
    }
    last[key] = member
  }

  private func mayBeForgotten(_ member: Member, by now: Instant) -> Bool {
    (member.state == .dead || member.state == .left) && now - member.since >= forgottenAfter
  }
}
