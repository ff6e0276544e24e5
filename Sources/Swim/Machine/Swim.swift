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
/// **Where things are**: `Swim+Probe` finds failures, `Swim+Answers` answers pings and relays them, `Swim+Claims`
/// weighs what is said about others and `Swim+OwnName` what is said about this process, `Swim+Gossip` spreads news,
/// `Swim+PushPull` merges whole states, `Swim+Dial` joins and heals, `Swim+Leave` says good-bye. `State/` holds their
/// data.
///
/// **Time that does not count.** A process that was stopped or starved finds all its deadlines passed at once, while
/// the answers wait unread in its sockets. The machine's own time stands still for what exceeds half a probe timeout,
/// so that the shell can read first; memberlist would suspect everybody here.
package struct Swim: Sendable {
  enum Phase: Sendable, Equatable {
    case idle
    case running
    /// Since when, on the machine's own clock.
    case leaving(Instant)
    case left
  }

  package let configuration: Configuration
  package internal(set) var me: Member

  var phase = Phase.idle
  var table = MemberTable()
  var departed = Departed()
  var queue = BroadcastQueue()
  var timers = TimerQueue()
  var clock: StallClock
  var selfTrust: Awareness
  var generator: SplitMix64

  var probe: Probe?
  var probeIsOverdue = false
  var relays: [UInt32: Relay] = [:]
  var lastSequence: UInt32 = 0
  var lastSuspicion: UInt64 = 0
  var exchanges: [OutgoingExchange: Purpose] = [:]
  var lastExchange: UInt64 = 0
  var dialling = Dialling()
  var gossipIsScheduled = false
  var lastGossip = Instant.zero
  var ownConflictTold: Instant?
  var nameClaimIsPlanned = false
  var versionsTold: Instant?
  var lagCounted: Instant?

  /// The time of the input at hand, on the shell's clock and on the machine's own.
  var now = Instant.zero
  var time: Instant { clock.time }
  /// The caller's array while an input is at hand.
  private var effects: [Effect] = []
  private var lastWake: Instant?

  /// - Parameters:
  ///   - name: unique in the cluster, 1 to `Limits.nameBytes` bytes.
  ///   - address: what others dial.
  ///   - meta: at most `Limits.metaBytes`.
  ///   - seed: the whole of the machine's chance.
  package init(name: String, address: Address, meta: [UInt8] = [], configuration: Configuration, seed: UInt64) {
    precondition(1...Limits.nameBytes ~= name.utf8.count, "a member's name has 1 to 255 bytes, not \(name.utf8.count)")
    precondition(configuration.isSane, "an interval is zero, or a packet cannot hold a member: \(configuration)")
    precondition(meta.count <= Limits.metaBytes, "a member's meta has at most 512 bytes, not \(meta.count)")
    self.configuration = configuration
    me = Member(name: name, address: address, meta: meta, incarnation: 1, state: .alive, since: .zero)
    let lifeguard = configuration.lifeguard
    clock = StallClock(
      tolerance: lifeguard.contains(.stalls) ? configuration.probeTimeout / 2 : .nanoseconds(Int64.max))
    selfTrust = Awareness(maxMultiplier: lifeguard.contains(.awareness) ? configuration.awarenessMaxMultiplier : 1)
    generator = SplitMix64(seed: seed)
  }

  /// See the contract above. Appends to `effects`.
  package mutating func handle(_ input: Input, at now: Instant, into effects: inout [Effect]) {
    precondition(now >= self.now, "time went back from \(self.now.nanoseconds) to \(now.nanoseconds) ns")
    swap(&effects, &self.effects)
    defer { swap(&effects, &self.effects) }
    self.now = now
    if clock.advance(to: now, nextTimer: timers.next) { doubt() }
    if case .wake = input { lastWake = nil }
    take(input)
    while let timer = timers.pop(until: time) { fire(timer) }
    if timers.isCrowded { dropStaleTimers() }
    askForWake()
  }

  mutating func emit(_ effect: Effect) { effects.append(effect) }
  mutating func ignore(_ reason: Ignored) { effects.append(.ignored(reason)) }

  mutating func set(_ timer: Timer, after delay: Duration) { timers.set(timer, at: time + delay) }

  private mutating func askForWake() {
    guard let next = timers.next.map({ clock.shellTime(of: $0) }), next != lastWake else { return }
    lastWake = next
    emit(.wake(at: next))
  }
}

// MARK: - What comes in

extension Swim {
  private mutating func take(_ input: Input) {
    switch (input, phase) {
    case (.start, .idle): start()
    case (.start, _): ignore(.alreadyStarted)
    case (.wake, _): break
    case (.join(let addresses), _): join(addresses)
    case (.setMeta(let meta), _): setMeta(meta)
    case (.leave, _): leave()
    case (.pushPullReceived(_, let exchange), .idle), (.streamPingReceived(_, let exchange), .idle):
      ignore(.notStarted)
      emit(.close(exchange))
    case (_, .idle): ignore(.notStarted)
    case (.datagram(let messages, let source), _):
      for message in messages { hear(message, from: source) }
    case (.datagramUnsent(let address), _): datagramUnsent(to: address)
    case (.meet(let address), .running): openPushPull(.exchange, to: address, isJoin: false)
    case (.meet, _): ignore(.leaving)
    case (.pushPullReceived(let state, let exchange), _): pushPullReceived(state, exchange)
    case (.streamPingReceived(let ping, let exchange), _): streamPingReceived(ping, exchange)
    case (.pushPullAnswered(let exchange, let state), _): pushPullAnswered(exchange, state)
    case (.streamPingAnswered(let exchange, let ack), _): streamPingAnswered(exchange, ack)
    case (.exchangeFailed(let exchange, let reason), _): exchangeFailed(exchange, reason)
    case (.lagged(let lag), _): lagged(lag)
    }
  }

  private mutating func hear(_ message: Message, from source: Address) {
    switch message {
    case .alive where phase == .left, .suspect where phase == .left, .dead where phase == .left: ignore(.leaving)
    case .ping(let ping): answer(ping, from: source)
    case .indirectPing(let request): relay(request, from: source)
    case .ack(let ack): hear(ack, from: source)
    case .nack(let nack): hear(nack)
    case .alive(let claim): weigh(alive: claim)
    case .suspect(let claim): weigh(suspect: claim, from: source)
    case .dead(let claim): weigh(dead: claim, from: source)
    case .user: ignore(.userMessage)
    }
  }

  private mutating func fire(_ timer: Timer) {
    switch timer {
    case .probe: probeTick()
    case .probeTimeout(let sequence): askOthers(sequence)
    case .probeEnd(let sequence): endProbe(sequence)
    case .relay(let sequence): endRelay(sequence)
    case .gossip: gossipTick()
    case .pushPull: pushPullTick()
    case .exchange(let exchange): exchangeTimedOut(exchange)
    case .suspicion(let name, let number): suspicionTimer(name, number)
    case .join(let round): joinTick(round)
    case .redial: redialTick()
    case .redialAgain(let name, let address, let tries): redialAgain(name, address, tries)
    case .complain(let period): complainTick(period)
    case .claimName: claimName()
    case .leave: leaveTick()
    case .housekeeping: keepHouse()
    }
  }

  /// Every timer starts after a random delay of up to one interval, so that members started together do not stay in
  /// step.
  private mutating func start() {
    phase = .running
    me.since = now
    set(.probe, after: generator.jitter(upTo: configuration.probeInterval))
    set(.pushPull, after: generator.jitter(upTo: pushPullInterval))
    set(.redial, after: generator.jitter(upTo: configuration.redialInterval))
    set(.housekeeping, after: Limits.complaintInterval)
    spread(.alive(ownClaim), about: me.name)
    startJoining()
  }

  private mutating func lagged(_ lag: Duration) {
    guard lag >= clock.tolerance, doubt() else { return ignore(.nothingToDo) }
  }

  /// Being late is a reason to doubt oneself, once an interval: whoever is late judges others by its own lateness. The
  /// shell's word and the machine's own finding are about one and the same delay.
  @discardableResult
  private mutating func doubt() -> Bool {
    if let lagCounted, now - lagCounted < configuration.probeInterval { return false }
    lagCounted = now
    selfTrust.change(by: 1)
    return true
  }

  private mutating func dropStaleTimers() {
    var kept = timers
    kept.keep { isWanted($0) }
    timers = kept
  }

  /// Whether a timer that has not fired still has its reason.
  private func isWanted(_ timer: Timer) -> Bool {
    switch timer {
    case .probeTimeout(let sequence), .probeEnd(let sequence): probe?.sequence == sequence
    case .relay(let sequence): relays[sequence] != nil
    case .exchange(let exchange): exchanges[exchange] != nil
    case .suspicion(let name, let number): table.place(of: name).flatMap { table[$0].suspicion?.number } == number
    case .join(let round): round == dialling.round
    case .probe, .gossip, .pushPull, .redial, .redialAgain, .complain, .claimName, .leave, .housekeeping: true
    }
  }

  private mutating func keepHouse() {
    set(.housekeeping, after: Limits.complaintInterval)
    for member in departed.unlist(endedBefore: now + (.zero - Limits.listedAfterEnd)) {
      emit(.event(.forgotten(member)))
    }
  }
}

// MARK: - What can be seen

extension Swim {
  /// Everybody to be listed, this process first, the others in no order: dead and left members for an hour.
  package func members(at now: Instant) -> [Member] {
    let others = table.entries.lazy.map(\.member).filter { Self.isListed($0, at: now) }
    return [me] + others + departed.listed.filter { Self.isListed($0, at: now) }
  }

  package func member(named name: String) -> Member? {
    if name == me.name { return me }
    return table.place(of: name).map { table[$0].member } ?? departed.listed(name)
  }

  /// Alive and suspect members, this process left out.
  package var reachableCount: Int { table.count(.alive) + table.count(.suspect) }

  /// Lifeguard's score of this process: 0 is healthy.
  package var awareness: Int { selfTrust.score }

  private static func isListed(_ member: Member, at now: Instant) -> Bool {
    member.state == .alive || member.state == .suspect || now - member.since <= Limits.listedAfterEnd
  }

  /// This process and everybody in the table: what the protocol's figures scale with.
  var knownCount: Int { table.count + 1 }
}
