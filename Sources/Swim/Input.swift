extension Swim {
  /// An exchange on a stream that this machine asked for. The machine numbers them and never uses a number twice.
  package struct OutgoingExchange: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
  }

  /// An exchange on a stream that somebody else opened. The shell numbers them.
  package struct IncomingExchange: Hashable, Sendable {
    package let number: UInt64
    package init(number: UInt64) { self.number = number }
  }

  /// What happens to a machine. See `Swim` for the contract.
  package enum Input: Sendable, Equatable {
    /// Once, when the sockets are bound. Before it everything but `setMeta` and `join` is ignored.
    case start
    /// The time of the last `.wake(at:)` has come. Too early or too often does no harm.
    case wake
    /// One packet's messages in order, and where it came from.
    case datagram([Message], from: Address)
    /// A datagram to this address could not be sent for a reason on this machine (no buffer, no route).
    case datagramUnsent(to: Address)
    /// The addresses to join through. They replace those of an earlier `join`; this process's own is left out.
    case join([Address])
    /// Exchange whole states with whoever is at this address, once.
    case meet(Address)
    /// Somebody opened a stream and sent its state. Answered by `.reply` or `.close` with the same exchange.
    case pushPullReceived(PushPull, exchange: IncomingExchange)
    /// Somebody opened a stream and pinged. Answered by `.reply` or `.close` with the same exchange.
    case streamPingReceived(Ping, exchange: IncomingExchange)
    /// The answer on a stream opened for `.openPushPull`. The shell closes the stream itself.
    case pushPullAnswered(OutgoingExchange, PushPull)
    /// The answer on a stream opened for `.openStreamPing`. The shell closes the stream itself.
    case streamPingAnswered(OutgoingExchange, Ack)
    /// A stream could not be opened, broke, or brought something else. `reason` is for people, as "connection refused".
    case exchangeFailed(OutgoingExchange, reason: String)
    /// The application's bytes about this process, at most `Limits.metaBytes`.
    case setMeta([UInt8])
    /// Leave the cluster. `.left` follows, after about a second in which this process must go on.
    case leave
    /// The loop was late by so much: this process may be too slow to judge others.
    case lagged(Duration)
  }
}
