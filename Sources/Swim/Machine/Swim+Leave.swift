import Clockwork

extension Swim {
  /// How long a leaving process goes on: at least until everybody has had time to ask about it once, longer while its
  /// good-bye is still being sent, and no longer than `Limits.leave`.
  private static let leaveAtLeast = Duration.seconds(1)
  private static let leaveStep = Duration.milliseconds(100)
  /// So many members hear the good-bye from the leaving process itself; memberlist leaves all of it to gossip.
  private static let toldDirectly = 64
  /// So many hear it on a stream where datagrams do not get through; they tell the others.
  private static let toldOnStreams = 4
  /// Datagrams to a member count as lost for so long after its last probe that needed a stream.
  private static let lossLasts = Limits.complaintInterval * 5

  mutating func leave() {
    switch phase {
    case .leaving, .left: return ignore(.leaving)
    case .idle: return finishLeaving()
    case .running: break
    }
    phase = .leaving(time)
    me.state = .left
    me.since = now
    finishProbe(trust: 0)
    stopDialling()
    guard reachableCount > 0 else { return finishLeaving() }
    let goodBye = Message.dead(Accusation(incarnation: me.incarnation, node: me.name, from: me.name))
    spread(goodBye, about: me.name)
    for member in table.pick(
      Self.toldDirectly, using: &generator, where: { $0.state == .alive || $0.state == .suspect })
    {
      emit(.send([goodBye], to: member.address))
    }
    sayGoodByeOnStreams()
    set(.leave, after: Self.leaveAtLeast)
  }

  mutating func leaveTick() {
    guard case .leaving(let since) = phase else { return }
    let isUnderWay = queue.contains(me.name) || !exchanges.isEmpty
    guard isUnderWay, reachableCount > 0, time - since < Limits.leave else { return finishLeaving() }
    set(.leave, after: Self.leaveStep)
  }

  /// The state that goes over in an exchange says that this process has left.
  private mutating func sayGoodByeOnStreams() {
    let unreached = Set(
      table.entries.lazy.filter { [now] in $0.datagramLossTold.map { now - $0 < Self.lossLasts } ?? false }
        .map(\.member.name))
    guard !unreached.isEmpty else { return }
    for member in table.pick(
      Self.toldOnStreams, using: &generator,
      where: { unreached.contains($0.name) && ($0.state == .alive || $0.state == .suspect) })
    {
      openPushPull(.exchange, to: member.address, isJoin: false)
    }
  }

  private mutating func finishLeaving() {
    phase = .left
    me.state = .left
    timers.removeAll()
    relays.removeAll()
    abandonExchanges()
    emit(.left)
  }
}
