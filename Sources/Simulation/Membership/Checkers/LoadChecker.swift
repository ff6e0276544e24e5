import Clockwork
import Swim

/// What a member sends by itself is bounded by its profile alone, whatever the size of the cluster; beyond it, it only
/// answers what it is asked.
struct LoadChecker {
  private let profile: Swim.Configuration
  private var sent: [Int]
  private var asked: [Int]
  private(set) var failures: [Report.Failure] = []

  /// A leaving member tells 64 others itself, and one that stood still has a few intervals to catch up with.
  private static let burst = 80

  init(_ profile: Swim.Configuration, members: Int) {
    self.profile = profile
    sent = Array(repeating: 0, count: members)
    asked = Array(repeating: 0, count: members)
  }

  mutating func sent(_ number: Int) { sent[number] += 1 }

  /// A ping asks for an answer; a ping on behalf of another for itself and an answer.
  mutating func heard(_ messages: [Message], _ number: Int) {
    for message in messages {
      switch message {
      case .ping: asked[number] += 1
      case .indirectPing: asked[number] += 2
      case .ack, .nack, .suspect, .alive, .dead, .user: break
      }
    }
  }

  mutating func endWindow(of interval: Duration, _ nodes: [VirtualNode], at now: Instant) {
    let probes = interval / profile.probeInterval * Double(1 + profile.indirectChecks)
    let gossip = interval / profile.gossipInterval * Double(profile.gossipNodes)
    for node in nodes {
      let most = Int(probes + gossip) + Self.burst + asked[node.number]
      if sent[node.number] > most {
        let text = "\(node.name) sent \(sent[node.number]) datagrams in \(interval), \(most) are its share"
        failures.append(Report.Failure(checker: "load", text: "\(text), at \(now.inWholeMilliseconds) ms"))
      }
    }
    for place in sent.indices { (sent[place], asked[place]) = (0, 0) }
  }
}
