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
  /// While suspect, and of one that died by that: who accused it.
  package let suspectedBy: [String]
  /// Of the probes, smoothed; nil for this process, before the first answer, and for whoever answers no more.
  package let roundTrip: Duration?
  /// What is wrong with it, with the way out, in words for people; nil when all is well.
  package let problem: String?
  /// Whether it is this process.
  package let isSelf: Bool

  package init(
    name: String, gossip: SocketAddress, state: MemberState, incarnation: UInt32, since: Timestamp, meta: MemberMeta,
    suspectedBy: [String] = [], roundTrip: Duration? = nil, problem: String? = nil, isSelf: Bool = false
  ) {
    (self.name, self.gossip, self.state, self.incarnation) = (name, gossip, state, incarnation)
    (self.since, self.meta, self.suspectedBy) = (since, meta, suspectedBy)
    (self.roundTrip, self.problem, self.isSelf) = (roundTrip, problem, isSelf)
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
