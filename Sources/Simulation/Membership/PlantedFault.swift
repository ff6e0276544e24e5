import Clockwork

/// What no scenario can bring about, since the machine does not do it: so that its checker can be seen to fail.
package enum PlantedFault: Sendable, Hashable {
  /// Member 1 sends each datagram forty times.
  case chatter
  /// Member 1 is set back to what it was ten seconds before, as by a virtual machine's snapshot.
  case rollback
}

extension MembershipWorld {
  mutating func plantRollback() {
    guard fault == .rollback else { return }
    switch now {
    case .zero + .seconds(5): snapshot = nodes[1].machine
    case .zero + .seconds(15):
      guard let snapshot else { return }
      nodes[1].machine = snapshot
      wake(1, at: nodes[1].clock.shown(at: now))
    default: break
    }
  }
}
