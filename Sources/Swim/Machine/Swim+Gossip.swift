import Clockwork

extension Swim {
  /// Queues news about a member and sees to it that gossip runs. It rests while there is none.
  mutating func spread(_ message: Message, about name: String) {
    queue.put(message, about: name)
    guard !gossipIsScheduled, phase != .idle, phase != .left else { return }
    gossipIsScheduled = true
    // A little late even when the last round is long past, so that what one input brings goes out together.
    let due = max(lastGossip + configuration.gossipInterval, time + configuration.gossipInterval / 10)
    timers.set(.gossip, at: due)
  }

  mutating func gossipTick() {
    gossipIsScheduled = false
    guard phase != .left, !queue.isEmpty else { return }
    lastGossip = time
    let longest = configuration.gossipToTheDead
    let targets = table.pick(configuration.gossipNodes, using: &generator) { [now] in
      switch $0.state {
      case .alive, .suspect: true
      // It may be alive and only needs to hear of its death to refute.
      case .dead: now - $0.since <= longest
      case .left: false
      }
    }
    // With nobody to talk to, the queue waits for the next news: whoever joins brings some.
    guard !targets.isEmpty else { return }
    for target in targets {
      let room = configuration.payloadBytes - Packet.compoundBytes
      let messages = queue.take(room: room, parts: Limits.compoundParts, limit: transmitLimit)
      guard !messages.isEmpty else { break }
      emit(.send(messages, to: target.address))
    }
    guard !queue.isEmpty else { return }
    gossipIsScheduled = true
    set(.gossip, after: configuration.gossipInterval)
  }

  /// Sends one message at once, and news with it as far as they fit.
  mutating func send(_ message: Message, to address: Address) {
    guard !queue.isEmpty else { return emit(.send([message], to: address)) }
    let own = message.encoded.count + Packet.partBytes
    let room = configuration.payloadBytes - Packet.compoundBytes - own
    let news = queue.take(room: room, parts: Limits.compoundParts - 1, limit: transmitLimit)
    emit(.send([message] + news, to: address))
  }

  /// memberlist's formula, but never fewer sends than `enough` or than there are others. When each who hears something
  /// tells it f times to somebody random, a share of about e^-f hears nothing: with the local profile's 2 in a cluster
  /// of five that is every few events, and then only a push-pull many seconds later brings it.
  package var transmitLimit: Int {
    let enough = 8
    let formula = configuration.retransmitMultiplier * Logarithm.decimalDigitsUp(knownCount + 1)
    return max(formula, min(enough, table.count))
  }

  /// Whether a message can ever be gossiped.
  func fitsAPacket(_ message: Message) -> Bool {
    message.encoded.count + Packet.compoundBytes + Packet.partBytes <= configuration.payloadBytes
  }
}
