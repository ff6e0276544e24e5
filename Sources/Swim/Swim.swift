package import Clockwork

/// The membership machine: SWIM with Lifeguard's additions, speaking memberlist's protocol.
///
/// It decides and does nothing else. A shell owns the clock, the sockets, the bytes and the key. Sources: Das, Gupta,
/// Motivala: "SWIM" (DSN 2002); Dadgar, Phillips, Currey: "Lifeguard" (DSN 2018); memberlist's own behaviour.
///
/// **The contract with the shell**
/// - One `handle` for each thing that happens, with the time at which it happens; times never go back.
/// - Effects are done in the order given. None may call `handle` again before all are done.
/// - `.wake(at:)` asks for *the* timer: the shell keeps one and moves it. When it fires, the input is `.wake`.
/// - A datagram goes in decoded (`Packet.decode`), all its messages in one input, with the address it came from.
///   What goes out as `.send` fits one packet: `Packet.encode` makes one message or a compound of it, and the shell
///   wraps that. `Configuration.wrappingBytes` says how much the shell adds (`EncryptionFrame.overheadBytes`, label).
/// - `.openPushPull` and `.openStreamPing` open a stream, send one message (`StreamMessage.encode`), and read one
///   answer (`StreamDecoder`). The result comes back with the same `OutgoingExchange`; at most once; never after
///   `.abandon`. The machine keeps the time for them, the shell need not.
/// - A stream that somebody else opened brings one message. It becomes `pushPullReceived` or `streamPingReceived`
///   with a number of the shell's, and exactly one `.reply` or `.close` with that number follows in the same effects.
///   Time limits and the number of such streams (`Limits.incomingExchanges`) are the shell's.
/// - After `.leave` the shell goes on until `.left`. A machine that has left still answers pings and streams.
/// - Nothing is dropped silently: what changes nothing gives `.ignored(reason)`.
///
/// **Time that does not count.** A process that was stopped or starved finds all its deadlines passed at once, while the
/// answers wait unread in its sockets. The machine's own time stands still for what exceeds half a probe timeout, so
/// that the shell can read first; memberlist would suspect everybody here.
package struct Swim: Sendable {
  package private(set) var me: Member

  /// - Parameters:
  ///   - name: unique in the cluster, 1 to `Limits.nameBytes` bytes.
  ///   - address: what others dial.
  ///   - seed: the whole of the machine's chance.
  package init(name: String, address: Address, meta: [UInt8] = [], configuration: Configuration, seed: UInt64) {
    me = Member(name: name, address: address, meta: meta, incarnation: 1, state: .alive, since: .zero)
  }

  /// Everybody to be listed, this process first: dead and left members for an hour.
  package func members(at now: Instant) -> [Member] { [me] }

  package func member(named name: String) -> Member? { name == me.name ? me : nil }

  package mutating func handle(_ input: Input, at now: Instant, into effects: inout [Effect]) {}
}
