import Clockwork

extension Swim {
  /// How long a leaving process goes on: at least until everybody has had time to ask about it once, longer while its
  /// good-bye is still being sent, and no longer than `Limits.leave`.
  private static let leaveAtLeast = Duration.seconds(1)
  private static let leaveStep = Duration.milliseconds(100)
  /// So many members hear the good-bye from the leaving process itself; memberlist leaves all of it to gossip.
  private static let toldDirectly = 64

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
    set(.leave, after: Self.leaveAtLeast)
  }

  mutating func leaveTick() {
    guard case .leaving(let since) = phase else { return }
    guard queue.contains(me.name), reachableCount > 0, time - since < Limits.leave else { return finishLeaving() }
    set(.leave, after: Self.leaveStep)
  }

  private mutating func finishLeaving() {
    phase = .left
    me.state = .left
    timers.removeAll()
    relays.removeAll()
    emit(.left)
  }
}
