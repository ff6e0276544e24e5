import Clockwork
import Swim

/// No member's view of another's incarnation goes back. Only a name begins again that was gone for so long that the
/// protocol has forgotten it, or that may be taken over from another address.
struct IncarnationChecker {
  private struct Key: Hashable {
    let observer: Int
    let life: Int
    let subject: String
  }

  private let profile: Swim.Configuration
  private var last: [Key: Member] = [:]
  private(set) var failures: [Report.Failure] = []

  init(_ profile: Swim.Configuration) { self.profile = profile }

  mutating func saw(_ member: Member, by observer: VirtualNode) {
    let key = Key(observer: observer.number, life: observer.life, subject: member.name)
    if let last = last[key], member.incarnation < last.incarnation, !mayBeginAgain(last, as: member) {
      let text = "\(observer.name) saw \(member.name) go from incarnation \(last.incarnation) to \(member.incarnation)"
      failures.append(Report.Failure(checker: "incarnations", text: text))
    }
    last[key] = member
  }

  private func mayBeginAgain(_ last: Member, as member: Member) -> Bool {
    let gone = member.since - last.since
    switch last.state {
    case .alive, .suspect: return false
    case .left: return member.address != last.address || gone >= profile.gossipToTheDead
    case .dead:
      return gone >= profile.gossipToTheDead || member.address != last.address && gone > profile.deadNodeReclaim
    }
  }
}
