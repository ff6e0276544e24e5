/// What members say to each other in datagrams. `Wire/` turns it into memberlist's bytes.
package enum Message: Hashable, Sendable {
  case ping(Ping)
  case indirectPing(IndirectPing)
  case ack(Ack)
  case nack(Nack)
  case suspect(Accusation)
  case alive(Alive)
  /// Also a graceful leave: then `from` is the member itself.
  case dead(Accusation)
  /// The application's own bytes; this machine neither sends nor reads them.
  case user([UInt8])
}

package struct Ping: Hashable, Sendable {
  package var sequence: UInt32
  /// Whom the ping means; empty means whoever gets it. A member of another name does not answer.
  package var node: String
  package var source: Source?

  package init(sequence: UInt32, node: String, source: Source? = nil) {
    self.sequence = sequence
    self.node = node
    self.source = source
  }
}

/// Who sent a ping, and where its answer shall go.
package struct Source: Hashable, Sendable {
  package var name: String
  /// nil if the sender did not say, or said port 0: the answer goes where the packet came from.
  package var address: Swim.Address?

  package init(name: String, address: Swim.Address?) {
    self.name = name
    self.address = address
  }
}

/// "Ping that one for me."
package struct IndirectPing: Hashable, Sendable {
  package var sequence: UInt32
  /// Port 0 stands for the port that the receiver itself listens on.
  package var target: Swim.Address
  package var node: String
  package var wantsNack: Bool
  package var source: Source?

  package init(sequence: UInt32, target: Swim.Address, node: String, wantsNack: Bool, source: Source? = nil) {
    self.sequence = sequence
    self.target = target
    self.node = node
    self.wantsNack = wantsNack
    self.source = source
  }
}

package struct Ack: Hashable, Sendable {
  package var sequence: UInt32
  package var payload: [UInt8]?

  package init(sequence: UInt32, payload: [UInt8]? = nil) {
    self.sequence = sequence
    self.payload = payload
  }
}

package struct Nack: Hashable, Sendable {
  package var sequence: UInt32

  package init(sequence: UInt32) { self.sequence = sequence }
}

/// The body of suspect and dead: `from` says it of `node` as of `incarnation`.
package struct Accusation: Hashable, Sendable {
  package var incarnation: UInt32
  package var node: String
  package var from: String

  package init(incarnation: UInt32, node: String, from: String) {
    self.incarnation = incarnation
    self.node = node
    self.from = from
  }
}

package struct Alive: Hashable, Sendable {
  package var incarnation: UInt32
  package var node: String
  /// Port 0 stands for the port that the receiver itself listens on.
  package var address: Swim.Address
  package var meta: [UInt8]
  package var versions: Versions?

  package init(incarnation: UInt32, node: String, address: Swim.Address, meta: [UInt8], versions: Versions?) {
    self.incarnation = incarnation
    self.node = node
    self.address = address
    self.meta = meta
    self.versions = versions
  }
}

/// Everything one side knows, exchanged whole on a stream.
package struct PushPull: Hashable, Sendable {
  package struct State: Hashable, Sendable {
    package var name: String
    package var address: Swim.Address
    package var meta: [UInt8]
    package var incarnation: UInt32
    package var state: MemberState
    /// nil counts as six zeros in the version check.
    package var versions: Versions?

    package init(
      name: String, address: Swim.Address, meta: [UInt8], incarnation: UInt32, state: MemberState, versions: Versions?
    ) {
      self.name = name
      self.address = address
      self.meta = meta
      self.incarnation = incarnation
      self.state = state
      self.versions = versions
    }
  }

  package var isJoin: Bool
  package var states: [State]
  /// The application's own bytes.
  package var userState: [UInt8]

  package init(isJoin: Bool, states: [State], userState: [UInt8] = []) {
    self.isJoin = isJoin
    self.states = states
    self.userState = userState
  }
}
