import Clockwork
import Swim

/// What a member sends by itself is bounded by its profile and by the news there is, whatever the size of the cluster;
/// beyond it, it only answers what it is asked.
struct LoadChecker {
  /// Some seconds of one member.
  private struct Window {
    var sent = 0
    /// Answers that it owes.
    var asked = 0
    var goodByes = 0
    /// At the window's beginning: whose life it was, what lay in its queue, and what had ever been put there.
    var life = 0
    var queued = 0
    var newsEver = 0
    var transmitLimit = 0
  }

  /// A leaving member tells so many others itself.
  private static let goodByes = 64
  /// A clock may go too fast, and a window may cut an interval in two.
  private static let clockShare = 1.1

  private let profile: Swim.Configuration
  private var windows: [Window]
  private(set) var failures: [Report.Failure] = []

  init(_ profile: Swim.Configuration, members: Int) {
    self.profile = profile
    windows = Array(repeating: Window(), count: members)
  }

  mutating func sent(_ number: Int) { windows[number].sent += 1 }

  mutating func leaves(_ number: Int) { windows[number].goodByes = Self.goodByes }

  /// A ping asks for an answer; a ping on behalf of another for itself, a nack and an answer that comes after all; an
  /// accusation for what refutes it.
  mutating func heard(_ messages: [Message], _ number: Int) {
    for message in messages {
      switch message {
      case .ping: windows[number].asked += 1
      case .indirectPing: windows[number].asked += 3
      case .suspect(let claim), .dead(let claim):
        if claim.node == VirtualNode.name(number) { windows[number].asked += 1 }
      case .ack, .nack, .alive, .user: break
      }
    }
  }

  mutating func endWindow(of interval: Duration, _ nodes: [VirtualNode], at now: Instant) {
    for node in nodes {
      let window = windows[node.number]
      let most = probes(interval) + gossip(window, node, interval) + window.goodByes + window.asked
      if window.sent > most {
        let text = "\(node.name) sent \(window.sent) datagrams in \(interval), \(most) are its share"
        failures.append(Report.Failure(checker: "load", text: "\(text), at \(now.inWholeMilliseconds) ms"))
      }
      var next = Window()
      next.life = node.life
      next.queued = node.machine.holdings.broadcasts
      next.newsEver = node.machine.newsEver
      next.transmitLimit = node.machine.transmitLimit
      windows[node.number] = next
    }
  }

  private func probes(_ interval: Duration) -> Int {
    let begun = Int(interval / profile.probeInterval * Self.clockShare) + 1
    // A ping, those who are asked, and a word to the accused.
    return begun * (2 + profile.indirectChecks)
  }

  /// Each datagram of gossip holds some news, and each piece of news is sent so many times at most.
  private func gossip(_ window: Window, _ node: VirtualNode, _ interval: Duration) -> Int {
    let rounds = Int(interval / profile.gossipInterval * Self.clockShare) + 1
    let share = rounds * profile.gossipNodes
    // What an earlier life had to say is not known any more.
    guard window.life == node.life else { return share }
    let news = window.queued + node.machine.newsEver - window.newsEver
    return min(share, news * max(window.transmitLimit, node.machine.transmitLimit))
  }
}
