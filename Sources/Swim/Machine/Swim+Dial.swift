import Clockwork

/// The search for others: the addresses to join through, and what became of trying them.
struct Dialling: Sendable {
  var addresses: [Swim.Address] = []
  /// Addresses that turned out to lead to this process.
  var ownAliases: Set<Swim.Address> = []
  var inFlight: Set<Swim.Address> = []
  /// Tells the timer of the plan at hand from those of earlier plans.
  var round: UInt64 = 0
  /// Rounds made since this process was last with others, and answers that brought nobody.
  var roundsAlone = 0
  var emptyAnswers = 0
  var firstTry: Instant?
  var lastReason = ""
  var complaint = Complaint.none

  enum Complaint: Sendable, Equatable {
    case none
    case made(period: UInt64)
  }

  var periods: UInt64 = 0
  /// Rounds made in company since the addresses were given.
  var roundsInCompany = 0
  /// When a stranger's ping last made a lonely process ask it for the cluster.
  var lastKnock: Instant?
}

extension Swim {
  /// Alone, an address is tried again after 1 s, 2 s … and then at most every so long.
  private static let longestWaitAlone = Duration.seconds(30)
  /// With others, addresses that belong to nobody known are tried about so often: behind one may sit a lost part. Soon
  /// at first, since members that are started together answer one after the other.
  private static let waitInCompany = Duration.seconds(60)
  private static let dialledAtOnce = 16
  private static let secondLook = Duration.seconds(1)
  private static let secondLooks = 5

  mutating func join(_ addresses: [Address]) {
    guard phase == .idle || phase == .running else { return ignore(.leaving) }
    var kept: [Address] = []
    for address in addresses.prefix(Limits.joinAddresses) where address != me.address && !kept.contains(address) {
      kept.append(address)
    }
    let new = kept.filter { !dialling.addresses.contains($0) }
    if kept != dialling.addresses { dialling.ownAliases = dialling.ownAliases.filter { kept.contains($0) } }
    dialling.addresses = kept
    dialling.roundsInCompany = 0
    guard !new.isEmpty else { return ignore(.nothingToDo) }
    guard phase == .running else { return }
    for address in unknown(new).prefix(Self.dialledAtOnce) { dial(address) }
    planJoin()
  }

  /// At the start, and whenever the last of the others has gone.
  mutating func startJoining() {
    guard phase == .running else { return }
    dialling.roundsAlone = 0
    dialling.emptyAnswers = 0
    dialling.firstTry = nil
    dialling.round += 1
    set(.join(round: dialling.round), after: table.count == 0 ? .zero : generator.jitter(upTo: .seconds(1)))
  }

  mutating func stopDialling() {
    abandonExchanges()
    dialling = Dialling()
  }

  mutating func abandonExchanges() {
    for exchange in exchanges.keys.sorted(by: { $0.number < $1.number }) { emit(.abandon(exchange)) }
    exchanges.removeAll()
  }

  mutating func joinTick(_ round: UInt64) {
    guard phase == .running, round == dialling.round else { return }
    let candidates = unknown(dialling.addresses).shuffled(using: &generator)
    if reachableCount == 0 {
      for address in candidates.prefix(Self.dialledAtOnce) { dial(address) }
      dialling.roundsAlone += 1
    } else {
      if let address = candidates.first { dial(address) }
      dialling.roundsInCompany += 1
    }
    planJoin()
  }

  private mutating func planJoin() {
    dialling.round += 1
    guard !dialling.addresses.isEmpty else { return }
    let isAlone = reachableCount == 0
    let rounds = isAlone ? dialling.roundsAlone - 1 : dialling.roundsInCompany
    let wait = min(.seconds(1) * (1 << min(max(rounds, 0), 6)), isAlone ? Self.longestWaitAlone : Self.waitInCompany)
    set(.join(round: dialling.round), after: wait / 2 + generator.jitter(upTo: wait / 2))
  }

  private mutating func dial(_ address: Address) {
    guard dialling.inFlight.insert(address).inserted else { return }
    if dialling.firstTry == nil { dialling.firstTry = now }
    openPushPull(.join(address), to: address, isJoin: true)
  }

  /// Those behind which nobody reachable is known to sit.
  private func unknown(_ addresses: [Address]) -> [Address] {
    let reachable = table.entries.lazy.map(\.member).filter { $0.state == .alive || $0.state == .suspect }
    let taken = Set(reachable.map(\.address)).union(dialling.ownAliases)
    return addresses.filter { !taken.contains($0) }
  }
}

// MARK: - Answers of join addresses

extension Swim {
  mutating func joinAnswered(_ address: Address, _ state: PushPull) {
    dialling.inFlight.remove(address)
    if !state.states.isEmpty, state.states.allSatisfy({ $0.name == me.name && $0.address == me.address }) {
      dialling.ownAliases.insert(address)
      return ignore(.nothingToDo)
    }
    let wasAlone = dialling.roundsAlone > 0
    guard merge(state, with: address) else { return joinFailed(address, "its versions of the protocol are not ours") }
    guard reachableCount > 0 else { return joinBroughtNobody(address) }
    dialling.roundsAlone = 0
    dialling.emptyAnswers = 0
    dialling.firstTry = nil
    dialling.complaint = .none
    if wasAlone { emit(.event(.joinSucceeded(through: address))) }
    planJoin()
  }

  /// It answered before it heard that it counts as dead here: its refutation comes with the next answer.
  private mutating func joinBroughtNobody(_ address: Address) {
    dialling.emptyAnswers += 1
    if dialling.emptyAnswers <= Self.secondLooks {
      dialling.roundsAlone = 1
      planJoin()
    }
    joinFailed(address, "it answers, but nobody alive came of it")
  }

  mutating func joinFailed(_ address: Address, _ reason: String) {
    dialling.inFlight.remove(address)
    dialling.lastReason = "\(address): \(reason)"
    guard reachableCount == 0, dialling.inFlight.isEmpty, dialling.complaint == .none else {
      return ignore(.nothingToDo)
    }
    dialling.periods += 1
    dialling.complaint = .made(period: dialling.periods)
    complain()
  }

  mutating func complainTick(_ period: UInt64) {
    guard dialling.complaint == .made(period: period) else { return }
    guard phase == .running, reachableCount == 0, !dialling.addresses.isEmpty else {
      dialling.complaint = .none
      return
    }
    complain()
  }

  private mutating func complain() {
    set(.complain(period: dialling.periods), after: Limits.complaintInterval)
    let waited = dialling.firstTry.map { now - $0 } ?? .zero
    emit(
      .event(
        .joinFailing(
          addresses: dialling.addresses, reason: dialling.lastReason, seconds: Int(waited.inSeconds.rounded()))))
  }
}

// MARK: - Dialling the dead

extension Swim {
  /// A dead member may only have been cut off. On average one member of the cluster dials each of the dead in each
  /// interval, so a large cluster does not storm a dead member, and a lonely one tries every time; where most are dead,
  /// each dials a few of them.
  mutating func redialTick() {
    guard phase == .running else { return }
    let interval = configuration.redialInterval
    set(.redial, after: interval / 2 + generator.jitter(upTo: interval))
    let dead = table.count(.dead) + departed.deadCount
    guard dead > 0, Int.random(in: 0..<max(reachableCount, 1), using: &generator) < dead else { return }
    var dialled: Set<Address> = []
    for _ in 0..<min(max(dead / max(reachableCount, 1), 1), Limits.redialsAtOnce) {
      guard let member = randomDead(), unknown([member.address]) == [member.address] else { continue }
      if dialled.insert(member.address).inserted { redial(member.name, member.address, Self.secondLooks) }
    }
  }

  /// Every second one among those that died last: a part that was cut off is among them, where a long life has
  /// gathered thousands that never come back.
  private mutating func randomDead() -> Member? {
    let here = table.count(.dead)
    let isHere = Int.random(in: 0..<here + departed.deadCount, using: &generator) < here
    if isHere { return table.pick(1, using: &generator, where: { $0.state == .dead }).first }
    return Bool.random(using: &generator)
      ? departed.recentDead(using: &generator) : departed.randomDead(using: &generator)
  }

  /// Alone and pinged: who pings knows this process from an earlier life, and the others with it. Asked at once, it
  /// tells all that a restart has lost; its own next push-pull may be half a minute away.
  mutating func knock(at source: Source?) {
    guard phase == .running, reachableCount == 0, let source, let address = source.address, source.name != me.name,
      address != me.address, dialling.lastKnock.map({ now - $0 >= Self.secondLook }) ?? true
    else { return }
    dialling.lastKnock = now
    redial(source.name, address, 0)
  }

  private mutating func redial(_ name: String, _ address: Address, _ tries: Int) {
    openPushPull(.redial(name: name, address: address, triesLeft: tries), to: address, isJoin: true)
  }

  /// It answered, but its answer was made before it heard that it counts as dead: its refutation comes with the next.
  mutating func redialAnswered(_ name: String, _ address: Address, _ tries: Int) {
    guard tries > 0, let place = table.place(of: name), table[place].member.state == .dead else { return }
    set(.redialAgain(name: name, address: address, triesLeft: tries - 1), after: Self.secondLook)
  }

  mutating func redialAgain(_ name: String, _ address: Address, _ tries: Int) {
    guard phase == .running, let place = table.place(of: name), table[place].member.state == .dead else { return }
    redial(name, address, tries)
  }
}
