package import Clockwork

extension Swim {
  /// What a machine asks of its shell, to be done in order. See `Swim` for the contract.
  package enum Effect: Sendable, Equatable {
    /// One datagram with all these messages; they fit `Configuration.packetBytes` with the wrapping counted.
    case send([Message], to: Address)
    /// Connect, send this state, read one answer: then `pushPullAnswered` or `exchangeFailed`. The machine keeps the
    /// time.
    case openPushPull(OutgoingExchange, to: Address, PushPull)
    /// Connect, send this ping, read one answer: then `streamPingAnswered` or `exchangeFailed`. The machine keeps the
    /// time.
    case openStreamPing(OutgoingExchange, to: Address, Ping)
    /// Drop a stream that this machine opened; no input about it is wanted any more.
    case abandon(OutgoingExchange)
    /// Send this and close.
    case reply(IncomingExchange, Reply)
    /// Close without a word.
    case close(IncomingExchange)
    /// One timer: this replaces the time asked for before.
    case wake(at: Instant)
    case event(MemberEvent)
    /// An input, or a message of it, changed nothing; `Ignored` says why.
    case ignored(Ignored)
    /// The leave is over; sockets may close.
    case left
  }

  package enum Reply: Sendable, Equatable {
    case pushPull(PushPull)
    case ack(Ack)
  }
}

/// What the machine learned that the application may want to know.
package enum MemberEvent: Sendable, Equatable {
  /// Heard of for the first time, or alive again after dead or left.
  case joined(Member)
  /// The application's bytes or the address changed.
  case updated(Member)
  case suspected(Member)
  /// No longer suspect: it refuted.
  case refuted(Member)
  /// `by`: who declared it dead, its accusers' word or not.
  case died(Member, by: String)
  /// It said good-bye.
  case left(Member)
  /// Dead or left for an hour, or in the way of later ones in a full list: no longer listed.
  case forgotten(Member)
  /// Somebody at `claimed` uses the name of a member at `held` (which may be this process); at most once a minute a
  /// name.
  case nameConflict(name: String, held: Swim.Address, claimed: Swim.Address)
  /// It answers on streams but not in datagrams: UDP to it is blocked or lost. At most once a minute.
  case unreachableByDatagram(Member)
  /// Somebody of either side speaks a version that not all alive members can speak: nothing was merged. At most once a
  /// minute.
  case versionsDisagree(with: Swim.Address?, reason: String)
  /// Alone, and none of the addresses answered: once at first, then once a minute. `seconds` since the first try.
  case joinFailing(addresses: [Swim.Address], reason: String, seconds: Int)
  /// A join address answered after the first try or after `joinFailing`.
  case joinSucceeded(through: Swim.Address)
}

/// Why an input, or one message of it, changed nothing.
package enum Ignored: Sendable, Hashable, CaseIterable {
  case notStarted, alreadyStarted, leaving, nothingToDo
  /// A ping for another name; an ack or nack for a number that nobody waits for; a stream's end that nobody waits for.
  case pingForAnother, unknownSequence, unknownExchange
  /// A message about a member nobody told us of, or one that says nothing new.
  case unknownMember, oldIncarnation, alreadyKnown, notAlive
  case nameConflict, unusableName, unusableVersions
  /// An alive or meta too long to be gossiped; a table at its limit.
  case tooLarge, tableFull, tooManyRelays
  /// Somebody claims the highest incarnation there is for us: no higher one can answer it.
  case incarnationExhausted
  case userMessage
}
