import Clockwork
import Swim

extension MembershipWorld {
  mutating func perform(_ action: Scenario.Action, _ text: String) {
    switch action {
    case .crash(let member): crash(number(member))
    case .restart(let member): restart(number(member))
    case .leave(let member): leave(number(member))
    case .pause(let member): pause(number(member))
    case .resume(let member): resume(number(member))
    case .meta(let member, let text): setMeta(number(member), Array(text.utf8))
    case .loss(let share): network.loss = share
    case .duplicates(let share): network.duplicates = share
    case .latency(let range): network.latency = range
    case .cut(let from, let to): cut(number(from), number(to))
    case .mend(let from, let to): mend(number(from), number(to))
    case .partition(let side): partition(side)
    case .heal:
      network.heal()
      for place in nodes.indices { excuse(place, for: grace + .seconds(90)) }
    case .expect(let observer, let subject, let state): expect(observer, number(subject), state, text)
    }
  }

  /// Letters draw members not drawn before, number 0 last, since all join through it.
  private mutating func number(_ member: Scenario.MemberReference) -> Int {
    switch member {
    case .number(let number): return number % nodes.count
    case .letter(let letter):
      if let known = letters[letter] { return known }
      let drawn = drawable[letters.count % drawable.count]
      letters[letter] = drawn
      return drawn
    }
  }

  /// The longest a suspicion lasts, and a little for it to begin and to be told.
  private var grace: Duration {
    let profile = scenario.profile
    let scale = nodes.count > 10 ? 2 : 1
    return profile.probeInterval * (profile.suspicionMultiplier * profile.suspicionMaxTimeoutMultiplier * scale + 5)
  }

  private mutating func excuse(_ number: Int, for time: Duration?) {
    nodes[number].excusedUntil = time.map { now + $0 } ?? .distantFuture
  }

  // MARK: - Processes

  mutating func start(_ number: Int) {
    nodes[number].condition = .running
    nodes[number].life += 1
    nodes[number].wakeAt = nil
    nodes[number].backlog = []
    nodes[number].machine = machine(number, meta: nodes[number].meta)
    feed(.start, to: number)
    feed(.join((0..<min(3, nodes.count)).map { VirtualNode.address($0) }), to: number)
  }

  private mutating func crash(_ number: Int) {
    guard nodes[number].isUp else { return }
    nodes[number].condition = .crashed
    planCheck(number, isLeave: false)
    crashes.append((number, nodes[number].life, now, []))
  }

  private mutating func restart(_ number: Int) {
    guard !nodes[number].isUp else { return }
    start(number)
    excuse(number, for: grace)
  }

  private mutating func leave(_ number: Int) {
    guard nodes[number].condition == .running else { return }
    feed(.leave, to: number)
    planCheck(number, isLeave: true)
  }

  private mutating func planCheck(_ number: Int, isLeave: Bool) {
    let bound = CompletenessChecker.bound(scenario.profile, isLeave: isLeave)
    heap.plan(.checkGone(number, life: nodes[number].life, isLeave: isLeave), at: now + bound)
  }

  private mutating func pause(_ number: Int) {
    guard nodes[number].condition == .running else { return }
    nodes[number].condition = .paused
    excuse(number, for: nil)
  }

  /// Its timer fires first, with all of its answers still unread: the hardest order.
  private mutating func resume(_ number: Int) {
    guard nodes[number].condition == .paused else { return }
    nodes[number].condition = .running
    excuse(number, for: grace)
    if let time = nodes[number].wakeAt {
      if time <= now {
        nodes[number].wakeAt = nil
        feed(.wake, to: number)
      }
    }
    let backlog = nodes[number].backlog
    nodes[number].backlog = []
    for input in backlog { deliver(input, to: number) }
  }

  private mutating func setMeta(_ number: Int, _ meta: [UInt8]) {
    nodes[number].meta = meta
    if nodes[number].condition == .running { feed(.setMeta(meta), to: number) }
  }

  // MARK: - Network

  /// Others reach both ends, so nobody may die of it, unless packets are lost as well or others are missing.
  private mutating func cut(_ from: Int, _ to: Int) {
    network.setCut(from: from, to: to, true)
    guard network.loss > 0 || nodes.count < 3 || nodes.contains(where: { $0.condition != .running }) else { return }
    excuse(from, for: nil)
    excuse(to, for: nil)
  }

  private mutating func mend(_ from: Int, _ to: Int) {
    network.setCut(from: from, to: to, false)
    for number in [from, to] where nodes[number].excusedUntil > now { excuse(number, for: grace + .seconds(90)) }
  }

  private mutating func partition(_ side: Scenario.PartitionSide) {
    switch side {
    case .half: network.partition(Set(nodes.indices.shuffled(using: &generator).prefix(nodes.count / 2)))
    case .members(let members): network.partition(Set(members.map { number($0) }))
    }
    for place in nodes.indices { excuse(place, for: nil) }
  }

  // MARK: - Expectations

  private mutating func expect(
    _ observer: Scenario.MemberReference?, _ subject: Int, _ state: Scenario.ExpectedState, _ text: String
  ) {
    let only = observer.map { number($0) }
    for node in nodes where node.condition == .running && node.number != subject && (only ?? node.number) == node.number
    {
      let seen = node.machine.members(at: now).first { $0.name == VirtualNode.name(subject) }
      let found = seen.map { Scenario.ExpectedState.known($0.state) } ?? .unknown
      guard found != state else { continue }
      let complaint = "`\(text)` at \(now.inWholeMilliseconds) ms, but \(node.name) sees \(found)"
      unmet.append(Report.Failure(checker: "expectation", text: complaint))
    }
  }
}
