import Clockwork

/// A ping made for somebody else.
struct Relay: Sendable {
  let requester: Swim.Address
  let name: String?
  let sequence: UInt32
  let wantsNack: Bool
  var isNackSent = false
}

extension Swim {
  mutating func answer(_ ping: Ping, from source: Address) {
    // A process that took over the address of a dead one must not answer in its place.
    guard ping.node.isEmpty || ping.node == me.name else { return ignore(.pingForAnother) }
    answer(.ack(Ack(sequence: ping.sequence)), to: ping.source?.address ?? source, of: ping.source?.name)
    knock(at: ping.source)
  }

  /// News rides along to members only. What is told to a stranger counts as sent: somebody who pings without end would
  /// use up all the news before a member heard it, and turn a few bytes with a forged source into a full packet.
  private mutating func answer(_ message: Message, to address: Address, of name: String?) {
    guard let name, isMember(name, at: address) else { return emit(.send([message], to: address)) }
    send(message, to: address)
  }

  func isMember(_ name: String, at address: Address) -> Bool {
    table.place(of: name).map { table[$0].member.address == address } ?? false
  }

  mutating func streamPingReceived(_ ping: Ping, _ exchange: IncomingExchange) {
    guard ping.node.isEmpty || ping.node == me.name else {
      ignore(.pingForAnother)
      return emit(.close(exchange))
    }
    emit(.reply(exchange, .ack(Ack(sequence: ping.sequence))))
  }

  mutating func relay(_ request: IndirectPing, from source: Address) {
    let requester = request.source?.address ?? source
    let isFromMember = request.source.map { isMember($0.name, at: requester) } ?? false
    // Strangers get a share, so that they cannot make this process useless to its members.
    guard relays.count < (isFromMember ? Limits.relays : Limits.relaysForStrangers) else {
      return ignore(.tooManyRelays)
    }
    let sequence = nextSequence()
    relays[sequence] = Relay(
      requester: requester, name: request.source?.name, sequence: request.sequence, wantsNack: request.wantsNack)
    let target = withOwnPortIfNone(request.target)
    answer(
      .ping(Ping(sequence: sequence, node: request.node, source: ownSource)), to: target, of: request.node)
    set(.relay(sequence), after: request.wantsNack ? nackDelay : configuration.probeTimeout)
  }

  /// An ack that no probe waits for: it may belong to a relayed ping. Its payload is not passed on.
  mutating func passOn(_ ack: Ack) {
    guard let relay = relays.removeValue(forKey: ack.sequence) else { return ignore(.unknownSequence) }
    answer(.ack(Ack(sequence: relay.sequence)), to: relay.requester, of: relay.name)
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
    answer(.nack(Nack(sequence: relay.sequence)), to: relay.requester, of: relay.name)
    set(.relay(sequence), after: configuration.probeTimeout - nackDelay)
  }

  private var nackDelay: Duration { configuration.probeTimeout * 4 / 5 }

  func withOwnPortIfNone(_ address: Address) -> Address {
    address.port == 0 ? address.with(port: me.address.port) : address
  }
}
