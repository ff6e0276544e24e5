import Clockwork

/// A ping made for somebody else.
struct Relay: Sendable {
  let requester: Swim.Address
  let sequence: UInt32
  let wantsNack: Bool
  var isNackSent = false
}

extension Swim {
  mutating func answer(_ ping: Ping, from source: Address) {
    // A process that took over the address of a dead one must not answer in its place.
    guard ping.node.isEmpty || ping.node == me.name else { return ignore(.pingForAnother) }
    send(.ack(Ack(sequence: ping.sequence)), to: ping.source?.address ?? source)
  }

  mutating func streamPingReceived(_ ping: Ping, _ exchange: IncomingExchange) {
    guard ping.node.isEmpty || ping.node == me.name else {
      ignore(.pingForAnother)
      return emit(.close(exchange))
    }
    emit(.reply(exchange, .ack(Ack(sequence: ping.sequence))))
  }

  mutating func relay(_ request: IndirectPing, from source: Address) {
    guard relays.count < Limits.relays else { return ignore(.tooManyRelays) }
    let sequence = nextSequence()
    relays[sequence] = Relay(
      requester: request.source?.address ?? source, sequence: request.sequence, wantsNack: request.wantsNack)
    let target = withOwnPortIfNone(request.target)
    send(.ping(Ping(sequence: sequence, node: request.node, source: ownSource)), to: target)
    set(.relay(sequence), after: request.wantsNack ? nackDelay : configuration.probeTimeout)
  }

  /// An ack that no probe waits for: it may belong to a relayed ping. Its payload is not passed on.
  mutating func passOn(_ ack: Ack) {
    guard let relay = relays.removeValue(forKey: ack.sequence) else { return ignore(.unknownSequence) }
    send(.ack(Ack(sequence: relay.sequence)), to: relay.requester)
  }

  /// A requester that hears nothing doubts itself, so silence of the target is reported: at four fifths of the time
  /// (Lifeguard, section IV.A). memberlist waits for all of it; a requester in good health, who asked at half of its
  /// interval, then gets the nack a round trip after the interval's end, and doubts itself over every death it notices.
  mutating func endRelay(_ sequence: UInt32) {
    guard let relay = relays[sequence], relay.wantsNack, !relay.isNackSent else {
      relays[sequence] = nil
      return
    }
    relays[sequence]!.isNackSent = true
    send(.nack(Nack(sequence: relay.sequence)), to: relay.requester)
    set(.relay(sequence), after: configuration.probeTimeout - nackDelay)
  }

  private var nackDelay: Duration { configuration.probeTimeout * 4 / 5 }

  func withOwnPortIfNone(_ address: Address) -> Address {
    address.port == 0 ? address.with(port: me.address.port) : address
  }
}
