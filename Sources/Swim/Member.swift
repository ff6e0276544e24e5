package import Clockwork

/// What a member is believed to be. The numbers are those of memberlist's push-pull.
package enum MemberState: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case alive = 0
  case suspect = 1
  case dead = 2
  case left = 3

  package var description: String {
    switch self {
    case .alive: "alive"
    case .suspect: "suspect"
    case .dead: "dead"
    case .left: "left"
    }
  }
}

/// The six version bytes of a member: what it can speak and what it does speak, of memberlist's protocol (`protocol…`)
/// and of the application on top (`application…`).
package struct Versions: Hashable, Sendable {
  package var protocolMin: UInt8
  package var protocolMax: UInt8
  package var protocolNow: UInt8
  package var applicationMin: UInt8
  package var applicationMax: UInt8
  package var applicationNow: UInt8

  /// A plain memberlist node's: able to speak 1 to 5, speaking 2, no application version.
  package static let plain = Versions(1, 5, 2, 0, 0, 0)
  /// What a missing vector counts as.
  package static let none = Versions(0, 0, 0, 0, 0, 0)

  package init(_ pmin: UInt8, _ pmax: UInt8, _ pnow: UInt8, _ amin: UInt8, _ amax: UInt8, _ anow: UInt8) {
    (protocolMin, protocolMax, protocolNow) = (pmin, pmax, pnow)
    (applicationMin, applicationMax, applicationNow) = (amin, amax, anow)
  }

  static let byteCount = 6

  /// From the wire: the first six bytes; nil if there are fewer.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count >= Self.byteCount else { return nil }
    let first = Array(bytes.prefix(Self.byteCount))
    self.init(first[0], first[1], first[2], first[3], first[4], first[5])
  }

  package var bytes: [UInt8] {
    [protocolMin, protocolMax, protocolNow, applicationMin, applicationMax, applicationNow]
  }

  /// From protocol 3 on a member answers a ping on a stream.
  package var answersStreamPings: Bool { protocolMax >= 3 }
  /// From protocol 4 on a relay says so when the target did not answer.
  package var sendsNacks: Bool { protocolMax >= 4 }
}

/// One member as this process sees it.
package struct Member: Sendable, Equatable {
  package var name: String
  package var address: Swim.Address
  /// The application's own bytes about it, at most 512 from well-behaved members.
  package var meta: [UInt8]
  package var versions: Versions
  /// Raised by the member itself only: a higher one overrules what is said about lower ones.
  package var incarnation: UInt32
  package var state: MemberState
  /// When `state` began, on the clock handed to the machine.
  package var since: Instant
  /// While suspect: who accused it, the first accuser first.
  package var suspectedBy: [String]
  /// Of the direct probes, smoothed; nil before the first answer and for this process itself.
  package var roundTrip: Duration?

  package init(
    name: String, address: Swim.Address, meta: [UInt8] = [], versions: Versions = .plain, incarnation: UInt32,
    state: MemberState, since: Instant, suspectedBy: [String] = [], roundTrip: Duration? = nil
  ) {
    self.name = name
    self.address = address
    self.meta = meta
    self.versions = versions
    self.incarnation = incarnation
    self.state = state
    self.since = since
    self.suspectedBy = suspectedBy
    self.roundTrip = roundTrip
  }

  /// TCP's gain (RFC 6298, section 2): one late answer says little of the way there.
  mutating func noteRoundTrip(_ measured: Duration) {
    roundTrip = roundTrip.map { ($0 * 7 + measured) / 8 } ?? measured
  }
}
