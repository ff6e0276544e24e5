import Clockwork
import Swim

// What is done to processes and to the network between them.

extension MembershipWorld {
  // MARK: - Processes

  mutating func start(_ number: Int) {
    nodes[number].condition = .running
    nodes[number].life += 1
    nodes[number].wakeAt = nil
    nodes[number].backlog = []
    if !scenario.isWarm || nodes[number].life > 1 {
      nodes[number].machine = machine(number, at: nodes[number].address, meta: nodes[number].meta)
      nodes[number].clock = VirtualClock(startedAt: now, keeping: nodes[number].clock)
    }
    feed(.start, to: number)
    feed(.join((0..<min(3, nodes.count)).map { VirtualNode.address($0) }), to: number)
  }

  mutating func crash(_ number: Int, withOthers: Bool = false) {
    guard nodes[number].isUp else { return }
    nodes[number].condition = .crashed
    nodes[number].isAfflicted = true
    planCheck(number, isLeave: false, withOthers: withOthers)
    gauge.crashed(number, nodes[number].life, at: now)
  }

  mutating func restart(_ number: Int, elsewhere: Bool = false) {
    guard !nodes[number].isUp else { return }
    if elsewhere, nodes[number].moves < VirtualNode.mostMoves { nodes[number].moves += 1 }
    let isFirst = nodes[number].condition == .waiting
    start(number)
    if !isFirst { excuse(number, for: grace) }
  }

  mutating func leave(_ number: Int) {
    guard nodes[number].condition == .running else { return }
    nodes[number].isAfflicted = true
    checkers.load.leaves(number)
    feed(.leave, to: number)
    planCheck(number, isLeave: true)
  }

  /// When a crash or a leave must be known.
  enum Looking {
    /// Within the contract's bound, if nothing else has happened since, by the count of disturbances.
    case early(Int, isLeave: Bool)
    case late
  }

  /// The contract's bound holds where all is well otherwise. With others down or packets lost a suspicion may wait in
  /// vain for somebody to share it, and lasts longest; and whoever doubts itself, as Lifeguard wants, takes more time
  /// for each probe. Nobody may hear a good-bye; then the member is found dead as one that crashed.
  private mutating func planCheck(_ number: Int, isLeave: Bool, withOthers: Bool = false) {
    guard scenario.isChecked else { return }
    let others = nodes.filter { $0.number != number }
    let isWellOtherwise =
      !withOthers && network.isClean && isSettled(without: number)
      && others.allSatisfy { $0.condition == .running && $0.machine.awareness == 0 }
    guard isWellOtherwise else { return planLateCheck(number) }
    let bound = CompletenessChecker.bound(scenario.profile, members: nodes.count, isLeave: isLeave)
    let looking = Looking.early(disturbances, isLeave: isLeave)
    heap.plan(.checkGone(number, life: nodes[number].life, looking), at: now + bound)
  }

  private mutating func planLateCheck(_ number: Int) {
    let bound = CompletenessChecker.bound(scenario.profile, members: nodes.count, isLeave: false)
    heap.plan(.checkGone(number, life: nodes[number].life, .late), at: now + bound + grace)
  }

  mutating func checkGone(_ number: Int, _ looking: Looking) {
    if case .early(let count, _) = looking, count != disturbances { return planLateCheck(number) }
    let hasLeft = if case .early(_, isLeave: true) = looking { true } else { false }
    checkers.completeness.check(nodes[number], in: nodes, at: now, isLeave: hasLeft)
  }

  mutating func pause(_ number: Int) {
    guard nodes[number].condition == .running else { return }
    disturbances += 1
    nodes[number].condition = .paused
    excuse(number, for: nil)
  }

  /// Its timer fires first, with all of its answers still unread: the hardest order.
  mutating func resume(_ number: Int) {
    guard nodes[number].condition == .paused else { return }
    nodes[number].condition = .running
    excuse(number, for: grace)
    if let time = nodes[number].wakeAt, time <= now {
      nodes[number].wakeAt = nil
      feed(.wake, to: number)
    }
    readOn(number)
  }

  /// What handling one datagram takes of a processor: a process that gets one for a millisecond does not read all that
  /// waits for it.
  private static let readingTime = Duration.microseconds(20)

  /// Reads one of the inputs that have piled up, and plans the next.
  mutating func readOn(_ number: Int) {
    guard nodes[number].condition == .running, !nodes[number].backlog.isEmpty else { return }
    let input = nodes[number].backlog.removeFirst()
    arrive(input, at: number)
    guard !nodes[number].backlog.isEmpty else { return }
    heap.plan(.readOn(number, life: nodes[number].life), at: now + Self.readingTime)
  }

  /// Between its pauses it runs for one of these: Lifeguard's experiment (section V.D) has them too. In the shortest a
  /// process sends a ping and does not read the answer, or suspects somebody and does not come to tell.
  private static let runs: [Duration] = [1, 4, 16, 64, 256, 1024].map { .milliseconds($0) }

  mutating func pauseAgainAndAgain(_ pausing: Scenario.Pausing) {
    pausingRound += 1
    self.pausing = pausing.share > 0 ? pausing : nil
    guard pausing.share > 0 else { return }
    let count = max(1, Int((pausing.share * Double(nodes.count)).rounded()))
    for number in (1..<nodes.count).shuffled(using: &generator).prefix(count) {
      let delay = generator.jitter(upTo: pausing.lasts.upperBound)
      heap.plan(.standStill(number, round: pausingRound), at: now + delay)
      nodes[number].isAfflicted = true
    }
  }

  mutating func standStill(_ number: Int, _ round: Int) {
    guard let pausing, round == pausingRound else { return }
    pause(number)
    let (least, most) = (pausing.lasts.lowerBound, pausing.lasts.upperBound)
    heap.plan(.goOn(number, round: round), at: now + least + generator.jitter(upTo: most - least))
  }

  mutating func goOn(_ number: Int, _ round: Int) {
    resume(number)
    let run = Self.runs.randomElement(using: &generator)!
    heap.plan(.standStill(number, round: round), at: now + run)
  }

  mutating func setMeta(_ number: Int, _ meta: [UInt8]) {
    nodes[number].meta = meta
    guard nodes[number].condition == .running else { return }
    gauge.changed(number, meta, at: now)
    feed(.setMeta(meta), to: number)
  }

  /// What a member was to do is planned anew, since its clock now comes to it at another time.
  mutating func drift(_ most: Double) {
    let limit = Int64(most * 1_000_000)
    for place in nodes.indices {
      let asked = nodes[place].wakeAt.map { nodes[place].clock.shown(at: $0) }
      nodes[place].clock.setGain(millionths: Int64.random(in: -limit...limit, using: &generator), at: now)
      if let asked { wake(place, at: asked) }
    }
  }

  // MARK: - Network

  mutating func cut(_ from: Int, _ to: Int) { network.setCut(from: from, to: to, true) }

  mutating func mend(_ from: Int, _ to: Int) { network.setCut(from: from, to: to, false) }

  mutating func mute(_ from: Int, _ to: Int, _ isMuted: Bool) { network.setMuted(from: from, to: to, isMuted) }

  mutating func partition(_ side: Scenario.PartitionSide) {
    // Who changes sides meets those who hold it dead, or what they say of others.
    heal()
    switch side {
    case .half: network.partition(Set(nodes.indices.shuffled(using: &generator).prefix(nodes.count / 2)))
    case .members(let members): network.partition(Set(members.map { number($0) }))
    }
    for place in nodes.indices { nodes[place].isAfflicted = true }
  }

  mutating func heal() {
    guard network.isParted else { return }
    network.heal()
    for place in nodes.indices { excuse(place, for: recovery) }
  }
}
