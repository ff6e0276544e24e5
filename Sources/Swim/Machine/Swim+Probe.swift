import Clockwork

/// One member asked whether it lives: first directly, then through others and on a stream, for one interval in all.
struct Probe: Sendable {
  enum Stage: Sendable {
    case direct
    case indirect(nacksExpected: Int, nacksHeard: Int, stream: StreamPing)
  }

  enum StreamPing: Sendable, Equatable {
    case none
    case open(Swim.OutgoingExchange)
    case answered
  }

  let sequence: UInt32
  /// As it was when the probe began: a member that has refuted since then is not accused.
  let target: Member
  let sentAt: Instant
  var stage = Stage.direct
}

extension Swim {
  mutating func probeTick() {
    guard phase == .running else { return }
    set(.probe, after: configuration.probeInterval)
    if probe == nil { startProbe() } else { probeIsOverdue = true }
  }

  private mutating func startProbe() {
    probeIsOverdue = false
    let ended = now + (.zero - configuration.gossipToTheDead)
    var forgotten: [Member] = []
    let target = table.nextToProbe(
      using: &generator, isOver: { ($0.state == .dead || $0.state == .left) && $0.since <= ended },
      remove: { forgotten.append($0) })
    for member in forgotten {
      if let unlisted = departed.insert(member) { emit(.event(.forgotten(unlisted))) }
    }
    guard let target else { return }
    let sequence = nextSequence()
    probe = Probe(sequence: sequence, target: target, sentAt: now)
    let ping = Message.ping(Ping(sequence: sequence, node: target.name, source: ownSource))
    if target.state == .suspect, configuration.lifeguard.contains(.buddy) {
      let accusation = Accusation(incarnation: target.incarnation, node: target.name, from: me.name)
      emit(.send([ping, .suspect(accusation)], to: target.address))
    } else {
      send(ping, to: target.address)
    }
    set(.probeTimeout(sequence), after: configuration.probeTimeout)
    set(.probeEnd(sequence), after: selfTrust.scaled(configuration.probeInterval))
  }

  /// No answer in time: others may reach it, and a stream may pass where datagrams do not.
  mutating func askOthers(_ sequence: UInt32) {
    guard var probe, probe.sequence == sequence, case .direct = probe.stage else { return }
    let target = probe.target
    let relays = table.pick(configuration.indirectChecks, using: &generator) {
      $0.state == .alive && $0.name != target.name
    }
    for relay in relays {
      let request = IndirectPing(
        sequence: sequence, target: target.address, node: target.name, wantsNack: relay.versions.sendsNacks,
        source: ownSource)
      send(.indirectPing(request), to: relay.address)
    }
    var stream = Probe.StreamPing.none
    if target.versions.answersStreamPings {
      let exchange = nextExchange(.streamPing(sequence))
      stream = .open(exchange)
      let ping = Ping(sequence: sequence, node: target.name, source: ownSource)
      emit(.openStreamPing(exchange, to: target.address, ping))
    }
    probe.stage = .indirect(
      nacksExpected: relays.count { $0.versions.sendsNacks }, nacksHeard: 0, stream: stream)
    self.probe = probe
  }

  mutating func hear(_ ack: Ack, from source: Address) {
    if let probe, probe.sequence == ack.sequence {
      if source == probe.target.address, let place = table.place(of: probe.target.name) {
        table[place].member.noteRoundTrip(now - probe.sentAt)
      }
      finishProbe(trust: -1)
    } else {
      passOn(ack)
    }
  }

  mutating func hear(_ nack: Nack) {
    guard var probe, probe.sequence == nack.sequence,
      case .indirect(let expected, let heard, let stream) = probe.stage
    else { return ignore(.unknownSequence) }
    probe.stage = .indirect(nacksExpected: expected, nacksHeard: heard + 1, stream: stream)
    self.probe = probe
  }

  mutating func streamPingAnswered(_ exchange: OutgoingExchange, _ ack: Ack) {
    guard case .streamPing(let sequence)? = exchanges[exchange] else {
      return exchangeFailed(exchange, "an answer of another kind")
    }
    exchanges[exchange] = nil
    guard var probe, probe.sequence == sequence, ack.sequence == sequence,
      case .indirect(let expected, let heard, _) = probe.stage
    else { return ignore(.unknownSequence) }
    probe.stage = .indirect(nacksExpected: expected, nacksHeard: heard, stream: .answered)
    self.probe = probe
  }

  mutating func endProbe(_ sequence: UInt32) {
    guard let probe, probe.sequence == sequence else { return }
    let target = probe.target
    guard case .indirect(let expected, let heard, let stream) = probe.stage else {
      // The interval is shorter than the time-out, which only an odd configuration has: nobody was asked.
      finishProbe(trust: 1)
      return accuse(target)
    }
    if stream == .answered {
      tellDatagramLoss(target)
      return finishProbe(trust: -1)
    }
    finishProbe(trust: expected > 0 ? max(expected - heard, 0) : 1)
    accuse(target)
  }

  /// Whoever is accused is told at once: gossip draws those whom it tells, and a lost packet more may mean that the
  /// accused never hears of it.
  private mutating func accuse(_ target: Member) {
    let accusation = Accusation(incarnation: target.incarnation, node: target.name, from: me.name)
    weigh(suspect: accusation)
    guard configuration.lifeguard.contains(.buddy), let place = table.place(of: target.name),
      table[place].member.state == .suspect, table[place].member.incarnation == target.incarnation
    else { return }
    emit(.send([.suspect(accusation)], to: table[place].member.address))
  }

  /// The target does not answer what never left this machine; others may have a way to it, and a stream may. Without
  /// that a member at an address that nobody can send to would count as alive for ever.
  mutating func datagramUnsent(to address: Address) {
    guard let probe, probe.target.address == address, case .direct = probe.stage else { return ignore(.nothingToDo) }
    askOthers(probe.sequence)
  }

  mutating func finishProbe(trust: Int) {
    guard let probe else { return }
    if case .indirect(_, _, .open(let exchange)) = probe.stage, exchanges.removeValue(forKey: exchange) != nil {
      emit(.abandon(exchange))
    }
    selfTrust.change(by: trust)
    self.probe = nil
    if probeIsOverdue, phase == .running { startProbe() }
  }

  private mutating func tellDatagramLoss(_ target: Member) {
    guard let place = table.place(of: target.name), isTimeToTell(table[place].datagramLossTold) else { return }
    table[place].datagramLossTold = now
    emit(.event(.unreachableByDatagram(table[place].member)))
  }

  /// The same complaint is made once a minute.
  func isTimeToTell(_ last: Instant?) -> Bool { last.map { now - $0 >= Limits.complaintInterval } ?? true }

  mutating func nextSequence() -> UInt32 {
    lastSequence &+= 1
    return lastSequence
  }

  var ownSource: Source { Source(name: me.name, address: me.address) }
}
