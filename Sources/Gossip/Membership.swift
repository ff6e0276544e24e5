import Clockwork
import HTTP
package import Loop
import Swim

/// This process as a member of the cluster: the `Swim` machine, run on a loop's sockets and timers.
///
/// `start` returns once the port is bound and the cluster, if there is one to join, was asked whether the name is free;
/// joining itself goes on for ever. Guarded by: the loop's thread; each entry asserts it.
package final class Membership: @unchecked Sendable {
  package let loop: EventLoop
  package let name: String
  /// Where gossip is bound, with the port that was picked where 0 was asked for.
  package let boundAddress: SocketAddress
  /// What others dial.
  package let address: SocketAddress
  package private(set) var meta: MemberMeta
  let log: Log
  let transport: GossipTransport
  let keyDesk: KeyDesk
  private let arrivals: ArrivalRelay
  private var machine: Swim
  private var inputs: [Swim.Input] = []
  private var isFeeding = false
  private var timer: LoopTimer?
  private var joinAddresses: JoinAddresses?
  private var peers: PeersMemory?
  private var joinExchanges: Set<Swim.OutgoingExchange> = []
  /// What became of the last attempt to join that failed.
  private(set) var joinFailure: StreamFailure?
  private var firstWord: ((FirstWord) -> Void)?
  private var afterLeaving: FirstCall?
  private var observers: [(MemberChange, ClusterMember) -> Void] = []
  /// Messages that changed nothing, by the machine's reason; most are gossip that was known already.
  private(set) var ignoredCounts: [Ignored: Int] = [:]
  var memberLines = MemberLineBudget()
  let startedAt: Instant
  var rivalry: NameRivalry
  var rivalMet: Instant?
  /// Found in its first seconds: the process is to end, and `nameLostText` says why.
  package internal(set) var hasLostName = false
  package var onNameLost: (() -> Void)?
  private(set) var restarts = RestartWatch()
  private var calendar = SteadyCalendar()
  private var keyHinted: Instant?
  /// Why the cluster does not list this process, in words for people: another live member has its name. Nil when all
  /// is well.
  package var nameConflict: String? {
    loop.assertCurrent()
    return rivalry.conflict
  }

  /// What a start waits for: the first answer through a join address.
  private enum FirstWord {
    case welcome
    /// A live member elsewhere has this name already.
    case nameTaken(by: Swim.Address)
  }

  private init(
    _ options: ClusterOptions, _ name: String, _ bound: SocketAddress, _ address: SocketAddress, _ meta: MemberMeta,
    _ transport: GossipTransport, _ arrivals: ArrivalRelay, _ figures: Swim.Configuration, _ loop: EventLoop, _ log: Log
  ) {
    (self.name, boundAddress, self.address, self.meta) = (name, bound, address, meta)
    (self.transport, self.arrivals, self.loop, self.log) = (transport, arrivals, loop, log)
    keyDesk = KeyDesk(transport, file: options.gossipKeyFile, on: loop, log: log)
    startedAt = loop.now
    rivalry = NameRivalry(name: name, address: Swim.Address(address), started: meta.started ?? 0)
    var generator = SystemRandomNumberGenerator()
    machine = Swim(
      name: name, address: Swim.Address(address), meta: meta.bytes,
      configuration: figures,
      seed: generator.next())
  }

  /// Binds, introduces this process and begins to join. On the loop.
  ///
  /// - Parameters:
  ///   - http: where this process's API is bound; others are told how to dial it.
  ///   - tags: the member's own, shown at `/nodes`.
  ///   - dataFolder: where the other members are remembered, so that a restart finds them; nil for nowhere.
  /// - Throws: when the port is taken, a flag cannot be meant, the key file cannot be read, or the name is taken.
  package static func start(
    _ options: ClusterOptions, role: ClusterOptions.Role, http: SocketAddress, tags: [String: String] = [:],
    dataFolder: String? = nil, on loop: EventLoop, log: Log
  ) async throws(StartError) -> Membership {
    let keyring: Keyring?
    do throws(UsageError) {
      keyring = try options.gossipKeyFile.map { path throws(UsageError) in try Keyring.reading(file: path) }
    } catch {
      throw StartError(error)
    }
    let label = Array(options.gossipLabel.utf8)
    let envelope = Envelope(keyring: keyring, label: label, compresses: options.compressesGossip)
    let figures = options.profile.figures(
      wrappingBytes: Envelope.overheadBytes(isEncrypted: keyring != nil, label: label))
    let address = try await ListeningAddress.resolve(options.gossip, flag: "--gossip", on: loop)
    let resolved = try await AdvertisedHost.resolve(options.advertise, on: loop)
    let arrivals = ArrivalRelay()
    let transport = GossipTransport(
      loop: loop, envelope: envelope, timeout: figures.streamTimeout, log: log
    ) { arrivals.membership?.take($0) }
    let bound = try transport.bind(address, as: options.gossip)
    do throws(StartError) {
      // From here to the membership's beginning nothing may be awaited: what arrives has nowhere to go.
      let advertised = try AdvertisedHost.gossip(bound: bound, advertise: options.advertise, resolved: resolved)
      let dialled = AdvertisedHost.http(bound: http, advertise: options.advertise, gossip: advertised)
      let meta = try Self.meta(role, dialled, tags)
      let name = options.name ?? defaultName(port: bound.port)
      let membership = Membership(
        options, name, bound, advertised, meta, transport, arrivals, figures, loop, log)
      arrivals.membership = membership
      membership.warnOfAddresses()
      try await membership.begin(joining: options.join, remembering: dataFolder)
      return membership
    } catch {
      transport.close()
      throw error
    }
  }

  private static func meta(
    _ role: ClusterOptions.Role, _ http: Authority, _ tags: [String: String]
  ) throws(StartError) -> MemberMeta {
    let meta = MemberMeta(role: role, http: http, started: WallClock.microseconds, tags: tags)
    do throws(UsageError) {
      try meta.checkFits()
    } catch {
      throw StartError(error)
    }
    return meta
  }

  private static func defaultName(port: UInt16) -> String {
    "\(HostName.own ?? "member")-\(port)"
  }

  private func begin(joining given: [Authority], remembering folder: String?) async throws(StartError) {
    peers = folder.map { PeersMemory(folder: $0, on: loop, log: log) }
    transport.understood = { [weak self] in self?.understood($0, $1, $2) }
    let authorities = given + (peers?.addresses.map { Authority(host: $0.ip, port: $0.port) } ?? [])
    feed(.start)
    guard !authorities.isEmpty else { return }
    let word = await withUnsafeContinuation { (continuation: UnsafeContinuation<FirstWord, Never>) in
      let timer = loop.schedule(after: GossipLimits.firstWord) { [weak self] in self?.firstWord?(.welcome) }
      firstWord = { [weak self] word in
        timer.cancel()
        self?.firstWord = nil
        continuation.resume(returning: word)
      }
      let addresses = JoinAddresses(authorities, on: loop, log: log) { [weak self] in self?.join($0) }
      joinAddresses = addresses
      join(addresses.all)
    }
    guard case .nameTaken(let other) = word else { return }
    close()
    throw StartError(
      "the name '\(name)' is taken by a live member at \(other); choose another --name, or stop that one first "
        + "(if it was killed, it is found dead within seconds)")
  }

  private func join(_ addresses: [SocketAddress]) {
    guard !addresses.isEmpty else { return }
    feed(.join(addresses.map { Swim.Address($0) }))
    if addresses == [address] { firstWord?(.welcome) }
  }

  // MARK: What others ask

  /// Every member that is listed, this process included, by name.
  package var members: [ClusterMember] {
    loop.assertCurrent()
    return machine.members(at: loop.now).map(describe).sorted { $0.name < $1.name }
  }

  package func member(named name: String) -> ClusterMember? {
    loop.assertCurrent()
    return machine.member(named: name).map(describe)
  }

  /// Calls `observer` on the loop at each change; not for the members that are there already, nor for this process.
  package func observe(_ observer: @escaping (MemberChange, ClusterMember) -> Void) {
    loop.assertCurrent()
    observers.append(observer)
  }

  /// What came in and was no use, by reason.
  package var garbageCounts: [String: Int] {
    loop.assertCurrent()
    return transport.garbage.counts
  }

  /// How far this process trusts its own judgement (Lifeguard): 0 is healthy.
  package var awareness: Int {
    loop.assertCurrent()
    return machine.awareness
  }

  /// Datagrams that came faster than this process could read them.
  var datagramOverflow: Int {
    loop.assertCurrent()
    return transport.overflow
  }

  var traffic: GossipTraffic {
    loop.assertCurrent()
    return transport.traffic
  }

  /// Tells the cluster what this process now says of itself.
  package func updateMeta(_ change: (inout MemberMeta) -> Void) {
    loop.assertCurrent()
    var changed = meta
    change(&changed)
    let bytes = changed.bytes
    guard changed != meta, bytes.count <= MemberMeta.limitBytes else { return }
    meta = changed
    feed(.setMeta(bytes))
  }

  /// Says good-bye and returns once the cluster had time to hear it: about a second, `Swim.Limits.leave` at most.
  package func leave() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      loop.execute { [self] in
        guard afterLeaving == nil else { return continuation.resume() }
        joinAddresses?.stop()
        afterLeaving = FirstCall { continuation.resume() }
        feed(.leave)
      }
    }
    await peers?.settle()
  }

  /// Frees the port at once, without a good-bye: to others a crash, unless `leave` came first.
  package func close() {
    loop.assertCurrent()
    joinAddresses?.stop()
    timer?.cancel()
    timer = nil
    transport.close()
    arrivals.membership = nil
    observers = []
    peers?.close()
    // Nothing is heard any more, the end of a leave neither.
    afterLeaving?.call()
  }

  // MARK: The machine

  /// Hands an input to the machine and does what it asks for. An effect may bring the next input: that waits its turn.
  func feed(_ input: Swim.Input) {
    loop.assertCurrent()
    inputs.append(input)
    guard !isFeeding else { return }
    isFeeding = true
    defer { isFeeding = false }
    var effects: [Swim.Effect] = []
    while !inputs.isEmpty {
      machine.handle(inputs.removeFirst(), at: loop.now, into: &effects)
      for effect in effects { perform(effect) }
      effects.removeAll(keepingCapacity: true)
    }
  }

  private func perform(_ effect: Swim.Effect) {
    switch effect {
    case .send(let messages, let address):
      if !transport.send(messages, to: address) { feed(.datagramUnsent(to: address)) }
    case .openPushPull(let exchange, let address, let pushPull):
      if pushPull.isJoin { joinExchanges.insert(exchange) }
      transport.open(exchange, to: address, .pushPull(pushPull))
    case .openStreamPing(let exchange, let address, let ping): transport.open(exchange, to: address, .ping(ping))
    case .abandon(let exchange):
      if joinExchanges.remove(exchange) != nil { joinFailure = StreamFailure(.silent, "no answer in time") }
      transport.abandon(exchange)
    case .reply(let exchange, .pushPull(let pushPull)): transport.reply(.pushPull(pushPull), to: exchange)
    case .reply(let exchange, .ack(let ack)): transport.reply(.ack(ack), to: exchange)
    case .close(let exchange): transport.close(exchange)
    case .wake(let moment): wake(at: moment)
    case .event(let event): take(event)
    case .ignored(let reason): ignoredCounts[reason, default: 0] += 1
    case .left: afterLeaving?.call()
    }
  }

  private func wake(at moment: Instant) {
    timer?.cancel()
    timer = loop.schedule(at: moment) { [weak self] in
      guard let self else { return }
      let lag = loop.now - moment
      if lag >= GossipLimits.notableLag { feed(.lagged(lag)) }
      feed(.wake)
    }
  }

  fileprivate func take(_ arrival: GossipTransport.Arrival) {
    switch arrival {
    case .datagram(let messages, let source): feed(.datagram(messages, from: source))
    case .request(.pushPull(let pushPull), let exchange):
      feed(.pushPullReceived(pushPull, exchange: exchange))
      noteAsked(pushPull)
    case .request(.ping(let ping), let exchange): feed(.streamPingReceived(ping, exchange: exchange))
    case .request(.user(let message), let exchange): keyDesk.take(message, of: exchange)
    case .request(_, let exchange): transport.close(exchange)
    case .answer(.pushPull(let pushPull), let exchange): answered(exchange, pushPull)
    case .answer(.ack(let ack), let exchange): feed(.streamPingAnswered(exchange, ack))
    case .answer(_, let exchange):
      failed(exchange, StreamFailure(.noGossip, "answered with another message than was asked for"))
    case .failure(let exchange, let failure): failed(exchange, failure)
    }
  }

  private func answered(_ exchange: Swim.OutgoingExchange, _ pushPull: PushPull) {
    if joinExchanges.remove(exchange) != nil {
      joinFailure = StreamFailure(.answered, "")
      if let firstWord {
        let rival = rivalry.rival(in: pushPull.states)
        if let rival, rivalry.refusesStart(rival) { return firstWord(.nameTaken(by: rival.address)) }
        firstWord(.welcome)
      }
    }
    noteAnswered(pushPull)
    feed(.pushPullAnswered(exchange, pushPull))
  }

  private func failed(_ exchange: Swim.OutgoingExchange, _ failure: StreamFailure) {
    if joinExchanges.remove(exchange) != nil { joinFailure = failure }
    feed(.exchangeFailed(exchange, reason: failure.text))
  }

  /// A member understood another of the keys than the first. Whoever is alone speaks as the others do; in company it is
  /// the other one that has to be mended.
  private func understood(_ exchange: Swim.OutgoingExchange, _ address: Swim.Address, _ key: GossipKey) {
    if machine.reachableCount == 0, joinExchanges.contains(exchange) { return keyDesk.adopt(key) }
    if let keyHinted, loop.now - keyHinted < GossipLimits.complaintInterval { return }
    keyHinted = loop.now
    log.warning(
      "gossip_key_missing",
      [
        "address": "\(address)", "understands": key.fingerprint.text,
        "way_out": "`ignareo keys install` the key that the others encrypt with once more: this member lacks it",
      ])
  }

  private func take(_ event: MemberEvent) {
    log(event)
    if case .joinFailing = event { firstWord?(.welcome) }
    guard let (change, member) = event.change else { return }
    let started = MemberMeta(bytes: member.meta).started
    if restarts.note(change, member.name, started: started, at: loop.now) { logRestart(member) }
    let described = describe(member)
    peers?.note(change, described)
    for observer in observers { observer(change, described) }
  }

  private func describe(_ member: Member) -> ClusterMember {
    let isListening = member.state == .alive || member.state == .suspect
    let began = max(member.since, restarts.moment(of: member.name) ?? .zero)
    return ClusterMember(
      name: member.name,
      gossip: SocketAddress(ipBytes: member.address.ipBytes, port: member.address.port) ?? address,
      state: member.state, incarnation: member.incarnation, since: calendar.time(of: began, now: loop.now),
      meta: MemberMeta(bytes: member.meta), suspectedBy: member.suspectedBy,
      roundTrip: isListening ? member.roundTrip : nil, problem: problem(of: member), isSelf: member.name == name)
  }

  private func problem(of member: Member) -> String? {
    if member.name == name { return rivalry.conflict }
    guard transport.peerKeys.key(of: member.address, transport.envelope.keyring, at: loop.now) != nil else {
      return nil
    }
    return "lacks the gossip key that this member encrypts with: `ignareo keys install` it once more"
  }
}

/// Where the transport's arrivals go: nowhere before there is a membership and after its `close`. In between it keeps
/// the membership alive, since sockets and timers call it.
private final class ArrivalRelay: @unchecked Sendable {
  // Guarded by: the loop's thread.
  var membership: Membership?
}
