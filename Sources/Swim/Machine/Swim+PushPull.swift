import Clockwork

/// Why this machine opened a stream.
enum Purpose: Sendable, Equatable {
  case streamPing(UInt32)
  case exchange
  case join(Swim.Address)
  case redial(name: String, address: Swim.Address, triesLeft: Int)
}

extension Swim {
  /// Longer in a large cluster, where each exchange is larger and gossip does most of the work.
  var pushPullInterval: Duration {
    knownCount <= 32
      ? configuration.pushPullInterval
      : configuration.pushPullInterval * (Logarithm.bitsUp(knownCount) - 4)
  }

  mutating func pushPullTick() {
    guard phase == .running else { return }
    set(.pushPull, after: pushPullInterval)
    guard let member = table.pick(1, using: &generator, where: { $0.state == .alive }).first else { return }
    openPushPull(.exchange, to: member.address, isJoin: false)
  }

  mutating func openPushPull(_ purpose: Purpose, to address: Address, isJoin: Bool) {
    let exchange = nextExchange(purpose)
    set(.exchange(exchange), after: configuration.streamTimeout)
    emit(.openPushPull(exchange, to: address, ownState(isJoin: isJoin)))
  }

  mutating func nextExchange(_ purpose: Purpose) -> OutgoingExchange {
    lastExchange += 1
    let exchange = OutgoingExchange(number: lastExchange)
    exchanges[exchange] = purpose
    return exchange
  }

  /// All that is known, the dead and the left too.
  private func ownState(isJoin: Bool) -> PushPull {
    PushPull(isJoin: isJoin, states: [PushPull.State(me)] + table.entries.map { PushPull.State($0.member) })
  }

  /// The answer goes out first, and then the state is merged: what came in the same exchange is not sent back.
  mutating func pushPullReceived(_ state: PushPull, _ exchange: IncomingExchange) {
    emit(.reply(exchange, .pushPull(ownState(isJoin: false))))
    _ = merge(state, with: nil)
  }

  mutating func pushPullAnswered(_ exchange: OutgoingExchange, _ state: PushPull) {
    guard let purpose = exchanges.removeValue(forKey: exchange) else { return ignore(.unknownExchange) }
    switch purpose {
    case .streamPing: ignore(.nothingToDo)
    case .exchange: _ = merge(state, with: nil)
    case .join(let address): joinAnswered(address, state)
    case .redial(let name, let address, let tries):
      if merge(state, with: address) { redialAnswered(name, address, tries) }
    }
  }

  mutating func exchangeFailed(_ exchange: OutgoingExchange, _ reason: String) {
    switch exchanges.removeValue(forKey: exchange) {
    case nil: ignore(.unknownExchange)
    case .join(let address): joinFailed(address, reason)
    case .streamPing, .exchange, .redial: ignore(.nothingToDo)
    }
  }

  mutating func exchangeTimedOut(_ exchange: OutgoingExchange) {
    guard let purpose = exchanges.removeValue(forKey: exchange) else { return }
    emit(.abandon(exchange))
    if case .join(let address) = purpose { joinFailed(address, "no answer in time") }
  }

  /// False if the versions disagree; then nothing is merged.
  mutating func merge(_ remote: PushPull, with address: Address?) -> Bool {
    guard phase != .left else {
      ignore(.leaving)
      return false
    }
    if let reason = versionDisagreement(with: remote) {
      ignore(.unusableVersions)
      if isTimeToTell(versionsTold) {
        versionsTold = now
        emit(.event(.versionsDisagree(with: address, reason: reason)))
      }
      return false
    }
    for state in remote.states { merge(state) }
    return true
  }

  /// A death that others believe in is only a suspicion here: the member gets its chance to refute.
  private mutating func merge(_ state: PushPull.State) {
    if state.name == me.name, state.address != me.address { noteOwnName(held: state.state) }
    switch state.state {
    case .alive:
      weigh(
        alive: Alive(
          incarnation: state.incarnation, node: state.name, address: state.address, meta: state.meta,
          versions: state.versions))
    case .left: weigh(dead: Accusation(incarnation: state.incarnation, node: state.name, from: state.name))
    case .suspect, .dead:
      weigh(suspect: Accusation(incarnation: state.incarnation, node: state.name, from: me.name))
    }
  }

  /// Whether every member, of either side and in any state, speaks versions that all alive members can speak. One that
  /// does not spoils the exchange: so memberlist decides, and a cluster must decide alike.
  private func versionDisagreement(with remote: PushPull) -> String? {
    var common = Versions(0, 255, 0, 0, 255, 0)
    for state in remote.states where state.state == .alive {
      if let versions = state.versions { common.narrow(to: versions) }
    }
    if me.state == .alive { common.narrow(to: me.versions) }
    for entry in table.entries where entry.member.state == .alive { common.narrow(to: entry.member.versions) }
    let remoteOnes = remote.states.map { (name: $0.name, address: $0.address, versions: $0.versions ?? .none) }
    let known = ([me] + table.entries.map(\.member)).map { (name: $0.name, address: $0.address, versions: $0.versions) }
    let odd = (remoteOnes + known).filter { !common.contains($0.versions) }
    // With one who speaks otherwise nobody is left who can speak with all: the odd one is whom we cannot speak with.
    guard let one = odd.first(where: { !$0.versions.suits(me.versions) }) ?? odd.first else { return nil }
    return "\(one.name) at \(one.address) speaks \(one.versions.words), this member \(me.versions.words)"
  }
}

extension PushPull.State {
  fileprivate init(_ member: Member) {
    self.init(
      name: member.name, address: member.address, meta: member.meta, incarnation: member.incarnation,
      state: member.state, versions: member.versions)
  }
}

extension Versions {
  fileprivate mutating func narrow(to other: Versions) {
    protocolMin = max(protocolMin, other.protocolMin)
    protocolMax = min(protocolMax, other.protocolMax)
    applicationMin = max(applicationMin, other.applicationMin)
    applicationMax = min(applicationMax, other.applicationMax)
  }

  fileprivate func contains(_ other: Versions) -> Bool {
    protocolMin <= other.protocolNow && other.protocolNow <= protocolMax
      && applicationMin <= other.applicationNow && other.applicationNow <= applicationMax
  }

  /// Whether two that speak so understand each other.
  fileprivate func suits(_ other: Versions) -> Bool {
    protocolMin <= other.protocolNow && other.protocolNow <= protocolMax
      && other.protocolMin <= protocolNow && protocolNow <= other.protocolMax
      && applicationMin <= other.applicationNow && other.applicationNow <= applicationMax
      && other.applicationMin <= applicationNow && applicationNow <= other.applicationMax
  }

  /// memberlist calls the application's versions those of its delegate; a program without one has only zeros.
  fileprivate var words: String {
    let delegate =
      (applicationMin, applicationMax, applicationNow) == (0, 0, 0) ? "no" : "version \(applicationNow) of a"
    return "protocol \(protocolNow) with \(delegate) delegate protocol"
  }
}
