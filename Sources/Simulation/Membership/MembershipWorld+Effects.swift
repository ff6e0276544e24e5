import Clockwork
import Swim

extension MembershipWorld {
  mutating func perform(_ effect: Swim.Effect, of number: Int) {
    switch effect {
    case .send(let messages, let address): send(messages, from: number, to: address)
    case .openPushPull(let exchange, let address, let state):
      open(exchange, from: number, to: address, .pushPull(state))
    case .openStreamPing(let exchange, let address, let ping): open(exchange, from: number, to: address, .ping(ping))
    case .abandon(let exchange): abandoned.insert(key(number, nodes[number].life, exchange))
    case .reply(let incoming, .pushPull(let state)):
      answer(incoming, from: number, .bytes(StreamMessage.pushPull(state).encoded))
    case .reply(let incoming, .ack(let ack)): answer(incoming, from: number, .bytes(StreamMessage.ack(ack).encoded))
    case .close(let incoming): answer(incoming, from: number, .failure("closed without an answer"))
    case .wake(let time): wake(number, at: time)
    case .event(let event): told(event, to: number)
    case .ignored: break
    case .left:
      nodes[number].condition = .left
      trace.line(now, "\(nodes[number].name) is gone")
    }
  }

  /// At a time on its own clock.
  mutating func wake(_ number: Int, at time: Instant) {
    let due = max(nodes[number].clock.worldTime(of: time), now)
    nodes[number].wakeAt = due
    heap.plan(.wake(number, life: nodes[number].life), at: due)
  }

  // MARK: - Datagrams

  private mutating func send(_ messages: [Message], from: Int, to address: Swim.Address) {
    for _ in 0..<(fault == .chatter && from == 1 ? 40 : 1) { sendOnce(messages, from: from, to: address) }
  }

  private mutating func sendOnce(_ messages: [Message], from: Int, to address: Swim.Address) {
    let to = VirtualNode.number(of: address)
    let encoded = Packet.encode(messages)
    gauge.sent(encoded.count, by: from)
    if scenario.isChecked {
      checkers.load.sent(from)
      checkers.packetSizes.sent(messages, as: encoded, by: nodes[from].name)
      trace.packet(now, from, to, encoded, messages)
    }
    guard nodes.indices.contains(to), nodes[to].address == address else { return }
    let input = Swim.Input.datagram(messages, from: nodes[from].address)
    for delay in network.deliveries(from: from, to: to, using: &generator) {
      heap.plan(.input(to, life: nodes[to].life, input), at: now + delay)
    }
  }

  // MARK: - Streams

  /// A stream loses nothing, but does not come about where packets are cut off in either direction.
  private mutating func open(
    _ exchange: Swim.OutgoingExchange, from: Int, to address: Swim.Address, _ message: StreamMessage
  ) {
    let to = VirtualNode.number(of: address)
    guard nodes.indices.contains(to), network.passes(from: from, to: to), network.passes(from: to, to: from) else {
      return
    }
    let encoded = message.encoded
    gauge.streamed(encoded.count, by: from)
    trace.stream(now, from, to, message)
    let event = Event.connected(from: from, life: nodes[from].life, exchange, to: address, encoded)
    heap.plan(event, at: now + network.connection(using: &generator))
  }

  /// A process that has ended or given up meanwhile has taken its half-open connection with it.
  mutating func connected(_ opener: Opener, to address: Swim.Address, _ bytes: [UInt8]) {
    guard nodes[opener.node].life == opener.life, nodes[opener.node].isUp,
      abandoned.remove(key(opener.node, opener.life, opener.exchange)) == nil
    else { return }
    let number = VirtualNode.number(of: address)
    guard nodes[number].isUp, nodes[number].address == address else {
      let event = Event.answered(opener.node, life: opener.life, opener.exchange, .failure("connection refused"))
      return heap.plan(event, at: now + network.delay(using: &generator))
    }
    lastIncoming += 1
    openers[lastIncoming] = opener
    let incoming = Swim.IncomingExchange(number: lastIncoming)
    switch Self.decode(bytes) {
    case .pushPull(let state): deliver(.pushPullReceived(state, exchange: incoming), to: number)
    case .ping(let ping): deliver(.streamPingReceived(ping, exchange: incoming), to: number)
    case .ack, .user, .error: preconditionFailure("a machine opened a stream with an answer")
    }
  }

  private mutating func answer(_ incoming: Swim.IncomingExchange, from number: Int, _ answer: StreamAnswer) {
    guard let opener = openers.removeValue(forKey: incoming.number) else {
      preconditionFailure("\(nodes[number].name) answered stream \(incoming.number) twice")
    }
    guard network.passes(from: number, to: opener.node), network.passes(from: opener.node, to: number) else { return }
    if case .bytes(let bytes) = answer { gauge.streamed(bytes.count, by: number) }
    let event = Event.answered(opener.node, life: opener.life, opener.exchange, answer)
    heap.plan(event, at: now + network.transfer(using: &generator))
  }

  mutating func answered(_ number: Int, _ life: Int, _ exchange: Swim.OutgoingExchange, _ answer: StreamAnswer) {
    guard nodes[number].life == life, abandoned.remove(key(number, life, exchange)) == nil else { return }
    switch answer {
    case .failure(let reason): deliver(.exchangeFailed(exchange, reason: reason), to: number)
    case .bytes(let bytes):
      switch Self.decode(bytes) {
      case .pushPull(let state): deliver(.pushPullAnswered(exchange, state), to: number)
      case .ack(let ack): deliver(.streamPingAnswered(exchange, ack), to: number)
      case .ping, .user, .error: preconditionFailure("a machine answered a stream with a request")
      }
    }
  }

  private func key(_ number: Int, _ life: Int, _ exchange: Swim.OutgoingExchange) -> [UInt64] {
    [UInt64(number), UInt64(life), exchange.number]
  }

  private static func decode(_ bytes: [UInt8]) -> StreamMessage {
    var decoder = StreamDecoder(readsLabel: true)
    decoder.append(bytes)
    do throws(WireError) {
      guard case .message(let message) = try decoder.next() else {
        preconditionFailure("a machine's stream message is not whole: \(bytes)")
      }
      return message
    } catch {
      preconditionFailure("a machine's stream message cannot be read, \(error): \(bytes)")
    }
  }

  // MARK: - Events

  private mutating func told(_ event: MemberEvent, to number: Int) {
    if listeners.contains(number) { news.append((number, event)) }
    if trace.isKept { trace.line(now, "\(nodes[number].name): \(event.summary)") }
    switch event {
    case .joined(let member), .refuted(let member), .left(let member): see(member, by: number)
    case .updated(let member):
      see(member, by: number)
      if let subject = node(named: member.name) { gauge.heard(of: subject, member.meta, at: now) }
    case .suspected(let member):
      gauge.suspicions += 1
      see(member, by: number)
    case .died(let member, _):
      see(member, by: number)
      guard let subject = node(named: member.name) else { return }
      if scenario.isChecked {
        checkers.accuracy.died(nodes[subject], seenBy: nodes[number], at: now, areConnected: hears(number, of: subject))
      }
      gauge.died(nodes[subject], seenBy: nodes[number], at: now)
    case .forgotten, .nameConflict, .unreachableByDatagram, .versionsDisagree, .joinFailing, .joinSucceeded: break
    }
  }

  private mutating func see(_ member: Member, by number: Int) {
    guard scenario.isChecked else { return }
    checkers.incarnations.saw(member, by: nodes[number])
  }

  /// Nil for a name that only a rumour speaks of.
  private func node(named name: String) -> Int? {
    VirtualNode.number(of: name).flatMap { nodes.indices.contains($0) ? $0 : nil }
  }
}
