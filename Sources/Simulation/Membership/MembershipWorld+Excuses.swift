import Clockwork
import Swim

// Who may be taken for dead though it runs, and until when: as few as can be and no longer than need be, since what is
// excused is not checked.

extension MembershipWorld {
  /// The longest a suspicion lasts, and a little for it to begin and to be told.
  var grace: Duration {
    let profile = scenario.profile
    let scale = nodes.count > 10 ? 2 : 1
    return profile.probeInterval * (profile.suspicionMultiplier * profile.suspicionMaxTimeoutMultiplier * scale + 5)
  }

  /// How long the parts of a network may take to find each other again.
  var recovery: Duration { grace + .seconds(90) }

  mutating func excuse(_ number: Int, for time: Duration?) {
    nodes[number].excusedUntil = time.map { now + $0 } ?? .distantFuture
    nodes[number].isAfflicted = true
  }

  /// After each step. A partition excuses those who are parted from taking each other for dead, and nobody within a
  /// side. A lone cut excuses nobody while others can relay.
  mutating func reviewExcuses() {
    guard scenario.isChecked else { return }
    let running = nodes.indices.filter { nodes[$0].condition == .running }
    var helpless = Set(running.filter { isAlone($0, running) })
    for (one, other) in network.lamePairs where !canBeHelped(one, other, running) { helpless.formUnion([one, other]) }
    for place in nodes.indices where nodes[place].isHelpless != helpless.contains(place) {
      nodes[place].isHelpless = helpless.contains(place)
      nodes[place].isAfflicted = true
      if !nodes[place].isHelpless { excuse(place, for: max(grace, nodes[place].excusedUntil - now)) }
    }
  }

  /// Whether word of a member gets to an observer: not across a partition, nor to one that was started elsewhere while
  /// others still wait for it at its old address. (The product does not let it start then.)
  func hears(_ observer: Int, of subject: Int) -> Bool {
    guard network.sameSide(observer, subject) else { return false }
    guard nodes[observer].moves > 0 else { return true }
    return nodes[subject].machine.member(named: nodes[observer].name)?.address == nodes[observer].address
  }

  /// With one other at most, where packets are lost: nobody relays, and a suspicion is short.
  private func isAlone(_ number: Int, _ running: [Int]) -> Bool {
    network.loss > 0 && running.count { $0 != number && network.sameSide($0, number) } < 2
  }

  /// Whether others can carry pings, accusations and refutations between these two: one who loses nothing, or several.
  private func canBeHelped(_ one: Int, _ other: Int, _ running: [Int]) -> Bool {
    let helpers = running.count {
      $0 != one && $0 != other && network.isWhole(between: $0, one) && network.isWhole(between: $0, other)
    }
    return helpers >= (network.loss > 0 ? 3 : 1)
  }

  /// Once all that run see each other alive as they are, no old suspicion is left that could kill anybody; unless old
  /// news lie unread in the sockets of one that stands still.
  mutating func endExcuses() {
    guard !nodes.contains(where: { $0.condition == .paused || !$0.backlog.isEmpty }) else { return }
    guard nodes.contains(where: { $0.condition == .running && $0.excusedUntil > now }), !network.isParted, isSettled()
    else { return }
    for place in nodes.indices where nodes[place].condition == .running {
      nodes[place].excusedUntil = min(nodes[place].excusedUntil, now)
    }
  }

  /// Whether all that run, one left out, see each other alive as they are, and suspect nobody.
  func isSettled(without absent: Int? = nil) -> Bool {
    let others = nodes.filter { $0.number != absent }
    return others.filter { $0.condition == .running }.allSatisfy { observer in
      others.allSatisfy { $0.number == observer.number || sees(observer, $0) }
    }
  }

  private func sees(_ observer: VirtualNode, _ subject: VirtualNode) -> Bool {
    let (seen, truth) = (observer.machine.member(named: subject.name), subject.machine.me)
    guard subject.condition == .running else { return seen?.state != .suspect }
    return seen?.state == .alive && seen?.incarnation == truth.incarnation && seen?.address == truth.address
  }
}
