import Batch
import Clockwork

/// What an earlier coordinator began, as `Dispatcher` and `Takeover` take it over: each node is asked once which shards
/// it holds; batches wait until all have answered, and tasks that may be on a node that has not been seen wait for it
/// as long as it would keep them.
extension BatchWorld {
  private static let takeoverWait = Duration.seconds(5)
  private static let attachDeadline = Duration.seconds(60)
  private static let nodeAnswer = Duration.seconds(10)

  /// What a node says that it holds.
  struct HeldShard {
    let wireID: UUIDv7
    let batch: UUIDv7
    let life: Int
    let indexes: [UInt32]
  }

  mutating func beginTakeover() {
    guard let coordinator, !coordinator.takeover.waiting.isEmpty else { return }
    self.coordinator?.takeover.isUnderWay = true
    heap.plan(.takeoverEnds(life: coordinator.life, isLast: false), at: now + Self.takeoverWait)
    heap.plan(.takeoverEnds(life: coordinator.life, isLast: true), at: now + Self.attachDeadline)
  }

  // MARK: Asking

  mutating func askWhatIsHeld(by node: Int) {
    guard let coordinator, coordinator.takeover.isUnderWay, !coordinator.takeover.asked.contains(node) else { return }
    self.coordinator?.takeover.asked.insert(node)
    heap.plan(.asked(node, life: coordinator.life), at: now + delay())
  }

  mutating func asked(_ node: Int, _ life: Int) {
    guard workers[node].isReachable else {
      return heap.plan(.answersHeld(node, life: life, nil), at: now + Self.nodeAnswer)
    }
    let held = exchanges.sorted { $0.key < $1.key }.map(\.value).filter {
      $0.node == node && $0.nodeLife == workers[node].life && $0.isHeld == true && seat(ofLife: $0.life) == present
    }.map { exchange in
      HeldShard(
        wireID: exchange.wireID, batch: exchange.shard.batch, life: exchange.life,
        indexes: exchange.shard.entries.map(\.index))
    }
    heap.plan(.answersHeld(node, life: life, held), at: now + delay())
  }

  mutating func answersHeld(_ node: Int, _ held: [HeldShard]?) {
    guard let coordinator, coordinator.takeover.isUnderWay else { return }
    self.coordinator?.takeover.answered.insert(node)
    for shard in held ?? [] where shard.life < coordinator.life {
      if coordinator.takeover.waiting.contains(where: { $0.id == shard.batch }) {
        let adopted = AdoptedShard(wireID: shard.wireID, node: workers[node].name, indexes: shard.indexes)
        self.coordinator?.takeover.held[shard.batch, default: []].append(adopted)
      } else if let number = wires[shard.wireID], exchanges[number]?.isAwaited == false,
        !coordinator.unseen.values.contains(where: { $0.contains { $0.wireID == shard.wireID } })
      {
        letGo(number)
      }
    }
    releaseIfReady()
  }

  mutating func releaseIfReady() {
    guard let coordinator, !coordinator.takeover.waiting.isEmpty,
      coordinator.polled.isSubset(of: coordinator.takeover.answered), !coordinator.polled.isEmpty
    else { return }
    release()
  }

  mutating func takeoverEnds(isLast: Bool) {
    release()
    guard isLast else { return }
    coordinator?.takeover.isUnderWay = false
    for (node, shards) in (coordinator?.unseen ?? [:]).sorted(by: { $0.key < $1.key }) {
      for shard in shards { feed(.shardEnded(shard.shard.id, .broken)) }
      feed(.nodeGone(name: node))
    }
    coordinator?.unseen = [:]
  }

  // MARK: Handing the batches over

  private mutating func release() {
    guard let coordinator else { return }
    self.coordinator?.takeover.waiting = []
    for entry in coordinator.takeover.waiting {
      guard let manifest = entry.recovery.manifest else { continue }
      let answered = Set(coordinator.takeover.answered.map { workers[$0].name })
      let held = coordinator.takeover.held[entry.id] ?? []
      var (table, ends) = entry.recovery.takeOver(entry.id, held: held, hasAnswered: answered.contains)
      let age = Duration.milliseconds(max(0, wallClock.milliseconds - manifest.createdAt.milliseconds))
      table.acceptedAt = Instant(nanoseconds: coordinator.clock.shown(at: now).nanoseconds - age.inNanoseconds)
      table.losses = entry.recovery.losses.map {
        NodeLossNote(
          batch: entry.id, node: $0.node, life: $0.life, at: coordinator.clock.shown(at: now),
          trialSize: Int($0.trialSize), indexes: $0.indexes)
      }
      if !ends.isEmpty { store(ends, of: entry.id) }
      feed(.batchAdded(entry.id, table))
      if entry.isCancelled { feed(.cancel(entry.id)) }
    }
    self.coordinator?.takeover.held = [:]
  }

  // MARK: Taking shards up

  mutating func attach(_ shard: Shard, wireID: UUIDv7) {
    guard let number = coordinator?.batches[shard.batch]?.number else { return }
    let indexes = shard.entries.map { "\($0.index)" }.joined(separator: " ")
    trace.line(now, "shard of batch \(number) is looked for on \(shard.node): \(indexes)")
    coordinator?.open[shard.id] = shard
    checkers.limits.adopted(shard, batches[number].tasks)
    if let node = coordinator?.known.first(where: { $0.value.report.name == shard.node })?.key {
      reattach(shard, wireID, to: node)
    } else {
      coordinator?.unseen[shard.node, default: []].append((shard, wireID))
    }
  }

  mutating func attachUnseen(_ node: Int) {
    let name = workers[node].name
    for (shard, wireID) in coordinator?.unseen.removeValue(forKey: name) ?? [] {
      reattach(shard, wireID, to: node)
    }
  }

  private mutating func reattach(_ shard: Shard, _ wireID: UUIDv7, to node: Int) {
    guard let life = coordinator?.life else { return }
    // Of what never came there, or was forgotten, the node knows as little as of what never was.
    let number = wires[wireID].flatMap { exchanges[$0] == nil ? nil : $0 } ?? lastExchange + 1
    if number > lastExchange {
      lastExchange = number
      exchanges[number] = VirtualExchange(shard, wireID, life: life, node: node, nodeLife: workers[node].life)
      exchanges[number]?.isHeld = false
    }
    coordinator?.exchanges[shard.id] = number
    exchanges[number]?.takeUp(shard, life: life)
    guard let connection = exchanges[number]?.connection else { return }
    heap.plan(.attach(number, connection: connection), at: now + delay())
  }
}
