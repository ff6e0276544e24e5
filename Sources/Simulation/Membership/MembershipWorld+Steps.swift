import Clockwork
import Swim

extension MembershipWorld {
  mutating func perform(_ action: Scenario.Action, _ text: String) {
    if action.disturbs { disturbances += 1 }
    switch action {
    case .crash(let member): crash(number(member))
    case .crashHalf:
      let running = nodes.indices.filter { nodes[$0].condition == .running }
      let half = running.shuffled(using: &generator).prefix(running.count / 2)
      for place in half { crash(place, withOthers: half.count > 1) }
    case .restart(let member, let elsewhere): restart(number(member), elsewhere: elsewhere)
    case .restartRest: for place in nodes.indices { restart(place) }
    case .leave(let member): leave(number(member))
    case .pause(let member): pause(number(member))
    case .resume(let member): resume(number(member))
    case .pausing(let pausing): pauseAgainAndAgain(pausing)
    case .meta(let member, let text): setMeta(number(member), Array(text.utf8))
    case .loss(let share): network.loss = share
    case .duplicates(let share): network.duplicates = share
    case .reorder(let share): network.reordered = share
    case .latency(let range): network.latency = range
    case .drift(let most): drift(most)
    case .cut(let from, let to): cut(number(from), number(to))
    case .mend(let from, let to): mend(number(from), number(to))
    case .mute(let from, let to, let isMuted): mute(number(from), number(to), isMuted)
    case .partition(let side): partition(side)
    case .heal: heal()
    case .hear(let member, let rumour): hear(number(member), rumour)
    case .expect(let observer, let subject, let state): expect(observer, number(subject), state, text)
    case .measure: gauge.begin(at: now)
    case .record(let record): trace.recorded = record
    case .show(let member): show(number(member))
    }
  }

  /// Letters draw members not drawn before, number 0 last, since all join through it.
  mutating func number(_ member: Scenario.MemberReference) -> Int {
    switch member {
    case .number(let number): return number % nodes.count
    case .letter(let letter):
      if let known = letters[letter] { return known }
      let drawn = drawable[letters.count % drawable.count]
      letters[letter] = drawn
      return drawn
    }
  }

  /// A name that a rumour speaks of: also one that no member has.
  private mutating func name(_ member: Scenario.MemberReference) -> String {
    if case .number(let number) = member { return VirtualNode.name(number) }
    return nodes[number(member)].name
  }

  private mutating func hear(_ number: Int, _ rumour: Scenario.Rumour) {
    guard nodes[number].condition == .running else { return }
    let message: Message
    switch rumour {
    case .alive(let subject, let incarnation, let elsewhere):
      let name = name(subject)
      let place = VirtualNode.number(of: name)! + (elsewhere ? VirtualNode.nowhere : 0)
      message = .alive(
        Alive(
          incarnation: incarnation, node: name, address: VirtualNode.address(place), meta: [], versions: .plain))
    case .suspect(let subject, let incarnation, let from):
      message = .suspect(Accusation(incarnation: incarnation, node: name(subject), from: name(from)))
    case .dead(let subject, let incarnation, let from):
      message = .dead(Accusation(incarnation: incarnation, node: name(subject), from: name(from)))
    }
    feed(.datagram([message], from: VirtualNode.address(nodes.count)), to: number)
  }

  // MARK: - Expectations

  private mutating func expect(
    _ observer: Scenario.MemberReference?, _ subject: Int, _ state: Scenario.ExpectedState, _ text: String
  ) {
    let only = observer.map { number($0) }
    for node in nodes where node.condition == .running && node.number != subject && (only ?? node.number) == node.number
    {
      let listed = node.machine.members(at: node.clock.shown(at: now))
      let seen = listed.first { $0.name == VirtualNode.name(subject) }
      let found = seen.map { Scenario.ExpectedState.known($0.state) } ?? .unknown
      guard found != state else { continue }
      let complaint = "`\(text)` at \(now.inWholeMilliseconds) ms, but \(node.name) sees \(found)"
      checkers.unmet.append(Report.Failure(checker: "expectation", text: complaint))
    }
  }

  private mutating func show(_ number: Int) {
    let node = nodes[number]
    let members = node.machine.members(at: node.clock.shown(at: now)).dropFirst()
      .sorted { VirtualNode.number(of: $0.name)! < VirtualNode.number(of: $1.name)! }
    let views = members.map { member in
      "\(member.name) \(member.state) \(member.incarnation)"
        + (member.state == .suspect ? " by \(member.suspectedBy.joined(separator: " "))" : "")
    }
    let own = "\(node.name) \(node.machine.me.incarnation), awareness \(node.machine.awareness)"
    trace.note(now, ([own] + views).joined(separator: "; "))
  }
}

extension Scenario.Action {
  /// Whether something is done to a process or to the network; else it only says, looks or counts.
  fileprivate var disturbs: Bool {
    switch self {
    case .meta, .hear, .expect, .measure, .record, .show: false
    case .crash, .crashHalf, .restart, .restartRest, .leave, .pause, .resume, .pausing, .loss, .duplicates, .reorder,
      .latency, .drift, .cut, .mend, .mute, .partition, .heal:
      true
    }
  }
}
