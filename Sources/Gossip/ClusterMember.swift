package import Clockwork
package import Loop
package import Swim

/// One member of the cluster as this process sees it, with what it says of itself.
package struct ClusterMember: Sendable {
  package let name: String
  /// Where it gossips.
  package let gossip: SocketAddress
  package let state: MemberState
  package let incarnation: UInt32
  /// When `state` began, by this machine's calendar.
  package let since: Timestamp
  package var meta: MemberMeta
  /// While suspect: who accused it.
  package let suspectedBy: [String]
  /// The last probe's; nil for this process and before the first answer.
  package let roundTrip: Duration?
  /// Whether it is this process.
  package let isSelf: Bool

  package init(
    name: String, gossip: SocketAddress, state: MemberState, incarnation: UInt32, since: Timestamp, meta: MemberMeta,
    suspectedBy: [String] = [], roundTrip: Duration? = nil, isSelf: Bool = false
  ) {
    (self.name, self.gossip, self.state, self.incarnation) = (name, gossip, state, incarnation)
    (self.since, self.meta, self.suspectedBy) = (since, meta, suspectedBy)
    (self.roundTrip, self.isSelf) = (roundTrip, isSelf)
  }

  package var isAlive: Bool { state == .alive }
  /// A suspect one may still answer.
  package var isListening: Bool { state == .alive || state == .suspect }
}

/// What happened to a member.
package enum MemberChange: String, Sendable {
  /// New, or alive again after it was dead or left.
  case joined
  /// It says something else of itself, or moved.
  case updated
  case suspected
  /// No longer suspect.
  case refuted
  case died
  /// It said good-bye.
  case left
  /// An hour after it died or left: no longer listed.
  case forgotten
}
