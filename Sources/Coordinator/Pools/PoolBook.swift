import Batch
import Clockwork
import JSON
import Loop
import Net

/// All pools, and the batches that take from them: the shell of the machine that joins items into tasks.
///
/// Guarded by: the loop's thread; each entry asserts it.
final class PoolBook: @unchecked Sendable {
  let dispatcher: Dispatcher
  let journal: Journal
  let log: Log
  private var machine = PoolMachine()
  var byName: [String: PoolRecord] = [:]
  private var byID: [UUIDv7: PoolRecord] = [:]
  private var feeders: [UUIDv7: PoolFeeder] = [:]
  /// How long items rest whose task failed without effect.
  var itemRest = CoordinatorLimits.itemRest
  /// By a pool's name, the keys of calls that brought items.
  var keys: [String: AdditionKeys] = [:]
  private var inputs: [PoolMachine.Input] = []
  private var isFeeding = false
  private var isRefillPlanned = false
  private var isDraining = false
  /// Feeders that wait for their turn, and how many have it.
  private var line: [PoolFeeder] = []
  private var running = 0
  private var retry: LoopTimer?
  /// What was read of pools, until all batches are restored.
  var found: [UUIDv7: PoolRecovery] = [:]
  private var random = SystemRandomNumberGenerator()

  init(dispatcher: Dispatcher, journal: Journal, log: Log) {
    (self.dispatcher, self.journal, self.log) = (dispatcher, journal, log)
    dispatcher.onFed = { [unowned self] in planRefill() }
    dispatcher.book.dropUsedUp = { [unowned self] in dropUsedUp(since: nil) }
  }

  var loop: EventLoop { dispatcher.loop }

  // MARK: Pools

  subscript(name: String) -> PoolRecord? { byName[name] }

  /// By name.
  var all: [PoolRecord] { byName.values.sorted { $0.name < $1.name } }

  func state(of pool: PoolRecord) -> Pool { machine[pool.id] ?? Pool() }

  func batches(of pool: PoolRecord) -> [UUIDv7] { machine.batches(of: pool.id) }

  /// The pool of this name, made where there is none.
  func open(_ name: String) throws(Problem) -> PoolRecord {
    if let pool = byName[name] { return pool }
    guard byName.count < CoordinatorLimits.pools else { throw .tooManyPools }
    let manifest = PoolManifest(
      id: UUIDv7(at: WallClock.now, using: &random), name: name, createdAt: WallClock.now, use: .undecided)
    let pool = PoolRecord(manifest, PoolJournal(manifest.id, journal.engine), self)
    pool.journal.append(manifest)
    hold(pool, Pool())
    return pool
  }

  func hold(_ pool: PoolRecord, _ state: Pool) {
    byName[pool.name] = pool
    byID[pool.id] = pool
    feed(.poolAdded(pool.id, state))
  }

  /// Calls `then` once no later coordinator can find it.
  func remove(_ pool: PoolRecord, _ then: @escaping () -> Void = {}) {
    byName[pool.name] = nil
    byID[pool.id] = nil
    keys[pool.name] = nil
    feed(.poolRemoved(pool.id))
    journal.engine.drop(pool.id, then)
  }

  /// Items of all pools: those that are free, and those that tasks hold.
  var totals: (pools: Int, free: Int, leased: Int) {
    byName.values.reduce(into: (byName.count, 0, 0)) { sums, pool in
      let state = state(of: pool)
      sums = (sums.0, sums.1 + state.free, sums.2 + state.leased)
    }
  }

  /// Why its items may not be used so; nil when they may.
  func obstacle(to use: Pool.Use?, of name: String) -> Problem? {
    guard let use else { return nil }
    guard let pool = byName[name] else { return nil }
    guard pool.use == .undecided else { return pool.use == use ? nil : .otherUse(pool) }
    guard case .lent = use else { return nil }
    if pool.claims > 0 { return .poolIsClaimed }
    let endless = machine.batches(of: pool.id).first { id in
      machine.isTaking(id) && feeders[id]?.sources.allSatisfy { $0 === pool || $0?.isLent == true } == true
    }
    return endless.map { .neverEnds(batch: $0, pool: name) }
  }

  /// Items of a call are durable.
  func added(_ count: Int, to pool: PoolRecord, _ addition: BatchManifest.Addition?) {
    if let addition { keys[pool.name, default: AdditionKeys([])].bind(addition) }
    if state(of: pool).use != pool.use { feed(.use(pool.id, pool.use)) }
    feed(.itemsAdded(pool.id, count))
  }

  func closed(_ pool: PoolRecord) { feed(.poolClosed(pool.id)) }

  func use(ofKey key: String, _ name: String) -> AdditionKeys.Use? { keys[name]?[key] }
  func reserve(key: String, _ name: String) { keys[name, default: AdditionKeys([])].reserve(key) }
  func release(key: String, _ name: String) {
    keys[name]?.release(key)
    // A pool that never came to be leaves nothing.
    if keys[name]?.isEmpty == true { keys[name] = nil }
  }

  // MARK: Batches

  /// The pools of a batch that is being submitted: they are kept until it is there.
  func claim(_ names: [String]) throws(Problem) -> [PoolRecord] {
    guard !names.allSatisfy({ byName[$0]?.isLent == true }) else {
      throw .takesOnlyLent(names)
    }
    var pools: [PoolRecord] = []
    for name in names { pools.append(try open(name)) }
    for pool in pools { pool.claims += 1 }
    return pools
  }

  func release(_ pools: [PoolRecord]) {
    for pool in pools { pool.claims -= 1 }
  }

  /// Calls `then` once these pools are there for good.
  func keep(_ pools: [PoolRecord], _ then: @escaping () -> Void) {
    guard let first = pools.first else { return then() }
    first.journal.makeItemsDurable { [self] in keep(Array(pools.dropFirst()), then) }
  }

  /// A batch with a template begins, or goes on.
  func begin(_ batch: BatchRecord) {
    guard let joining = batch.manifest.joining else { return }
    let template = template(of: batch)
    let feeder = PoolFeeder(batch, template, joining.sources.map { byID[$0.pool] }, self)
    batch.feeder = feeder
    feeders[batch.id] = feeder
    feed(.batchAdded(batch.id, pools: joining.sources.map(\.pool)))
    if batch.intake?.state != .open { feed(.stopped(batch.id)) }
    if template == nil {
      log.error("template_unreadable", ["batch": batch.id.text, "effect": "no more tasks are made for it"])
      feeder.close()
    }
    planRefill()
  }

  /// Nil for what no coordinator accepted.
  private func template(of batch: BatchRecord) -> TaskTemplate? {
    guard let joining = batch.manifest.joining else { return nil }
    let defaults = batch.manifest.defaults.flatMap { try? TaskFields(JSONValue(trusted: $0[...])) }
    return try? TaskTemplate(
      JSONValue(trusted: joining.template[...]), taking: joining.sources.map(\.name), defaults: defaults)
  }

  /// Names of a batch's pools that have no item for it.
  func missing(of batch: UUIDv7) -> [String] { machine.missing(of: batch).map { byID[$0]?.name ?? "?" } }

  func ended(_ feeder: PoolFeeder) {
    feeders[feeder.id] = nil
    feed(.batchEnded(feeder.id))
  }

  // MARK: The machine

  func feed(_ input: PoolMachine.Input) {
    loop.assertCurrent()
    inputs.append(input)
    guard !isFeeding else { return }
    isFeeding = true
    defer { isFeeding = false }
    var effects: [PoolMachine.Effect] = []
    var next = 0
    while next < inputs.count {
      machine.handle(inputs[next], into: &effects)
      next += 1
      for effect in effects { perform(effect) }
      effects.removeAll(keepingCapacity: true)
    }
    inputs.removeAll()
  }

  private func perform(_ effect: PoolMachine.Effect) {
    switch effect {
    case .make(let batch, let tasks): feeders[batch]?.add(tasks)
    case .settled(let pool, let settlements): byID[pool]?.journal.append(settlements)
    case .exhausted(let batch, _): feeders[batch]?.close()
    case .ignored: break
    }
  }

  // MARK: Turns

  /// What the scheduler took leaves room for more; asked once a turn of the loop.
  private func planRefill() {
    guard !feeders.isEmpty, !isRefillPlanned, !isDraining else { return }
    isRefillPlanned = true
    loop.execute { [self] in
      isRefillPlanned = false
      for (id, feeder) in feeders where machine.isTaking(id) { feed(.room(id, isDraining ? 0 : feeder.room)) }
    }
  }

  /// Whether tasks may be made: there is room for them, and nobody is going down.
  var hasRoom: Bool { journal.engine.trouble == nil && !isDraining && dispatcher.book.makeRoom() }

  func queue(_ feeder: PoolFeeder) {
    guard !line.contains(where: { $0 === feeder }) else { return }
    line.append(feeder)
    runNext()
  }

  private func runNext() {
    while running < CoordinatorLimits.feedersAtOnce, !line.isEmpty {
      let feeder = line.removeFirst()
      running += 1
      // A round may end at once, and others would pile up on it.
      loop.execute { [self] in
        feeder.run { [self] in
          running -= 1
          runNext()
        }
      }
    }
  }

  /// Those who have something to do get a turn after a while.
  func queueLater() {
    guard retry?.isPending != true, !isDraining else { return }
    retry = loop.schedule(after: CoordinatorLimits.feedRetry) { [weak self] in
      guard let self else { return }
      for feeder in feeders.values where feeder.hasWork { queue(feeder) }
    }
  }

  /// The disk is full, or well again: those who wait for it are told.
  func journalChanged() {
    guard let trouble = journal.engine.trouble else {
      for feeder in feeders.values where feeder.hasWork { queue(feeder) }
      return
    }
    for pool in Array(byName.values) { pool.intake.giveUp(.noSpace(trouble)) }
  }

  /// Makes no more tasks: what is in the pools stays there.
  func drain() {
    isDraining = true
    for (id, feeder) in feeders {
      feed(.room(id, 0))
      feeder.giveBack()
    }
  }

  func close() {
    retry?.cancel()
    dispatcher.onFed = {}
    dispatcher.book.dropUsedUp = { false }
  }
}
