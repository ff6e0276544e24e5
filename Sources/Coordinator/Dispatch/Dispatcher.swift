import Batch
import Clockwork
import HTTP
import JSON
import Loop
import Net

/// The scheduler's shell: hands it what happens and does what it asks for.
///
/// Guarded by: the loop's thread; each entry asserts it.
final class Dispatcher: @unchecked Sendable {
  let loop: EventLoop
  let book: BatchBook
  let log: Log
  /// For shards: their exchanges may take all of a node's connections.
  let client: HTTPClient
  /// For what is short and must not wait behind them.
  let control: HTTPClient
  let keeper: ResultKeeper
  /// Shards that wait for their tasks' bytes, or for the intent to send them to be durable.
  var preparing: [ShardID: Shard] = [:]
  private(set) var sender = ShardRequest.Sender(name: "", epoch: 0)
  private var scheduler: Scheduler
  private var random = SystemRandomNumberGenerator()
  private var inputs: [Scheduler.Input] = []
  private var isFeeding = false
  private var timer: LoopTimer?
  var exchanges: [ShardID: ShardExchange] = [:]
  /// Where the nodes' APIs are, by name.
  private(set) var authorities: [String: Authority] = [:]
  /// What the nodes were last said to be.
  private var reports: [String: NodeReport] = [:]
  /// Shards whose exchange broke and is being taken up again, by node.
  var detached: [String: Set<ShardID>] = [:]
  let acknowledgements: Acknowledgements
  let takeover = Takeover()
  var takeoverTimers: [LoopTimer] = []
  /// Names of the shards that this process sent or took up while nodes may hold others from before.
  var ownShards: Set<UUIDv7> = []
  /// By node, shards from before that wait for it to be seen.
  var unseen: [String: [(Shard, UUIDv7)]] = [:]
  /// Whether nothing new is sent for want of room for results.
  private(set) var isHeld = false
  private var roomTimer: LoopTimer?
  /// Nodes that have left the cluster and still run something.
  private(set) var leaving: [String: LoopTimer] = [:]
  /// Told after each input that the scheduler took: it may have room for more tasks.
  var onFed: () -> Void = {}
  /// Streams of results that are being read.
  var readers = 0
  /// The coordinator goes down: who follows a batch that has nothing to do reads on elsewhere, or later.
  private(set) var isDraining = false
  /// By node, why it last took nothing: told once, until it takes something again.
  private var refusals: [String: String] = [:]

  init(loop: EventLoop, book: BatchBook, client: HTTPClient, control: HTTPClient, log: Log) {
    (self.loop, self.book, self.client, self.control, self.log) = (loop, book, client, control, log)
    acknowledgements = Acknowledgements(client: control)
    scheduler = Scheduler(seed: random.next())
    keeper = ResultKeeper(loop: loop, log: log)
    keeper.onStored = { [weak self] in self?.checkRoom() }
  }

  /// The journal got into trouble, or out of it.
  func journalChanged() { checkRoom() }

  /// Says who sends the shards, before the first node is seen.
  func begin(as name: String, epoch: Int64) {
    sender = ShardRequest.Sender(name: name, epoch: epoch)
    beginTakeover()
  }

  /// A node knows shards of this name of that epoch, which is not ours.
  func exceed(_ epoch: Int64) {
    if epoch >= sender.epoch { sender.exceed(epoch, WallClock.now) }
  }

  // MARK: What happens

  /// A batch whose tasks are durable.
  func add(_ batch: BatchRecord, _ table: TaskTable) { feed(.batchAdded(batch.id, table)) }

  func nodeSeen(_ report: NodeReport, at authority: Authority) {
    if let timer = leaving.removeValue(forKey: report.name) {
      timer.cancel()
      setLeft(false, report.name)
    }
    authorities[report.name] = authority
    reports[report.name] = report
    reportNode(report.name)
    attachUnseen(report.name, at: authority)
    askWhatIsHeld(by: report.name, at: authority)
  }

  /// Tells the scheduler what to think of a node.
  func reportNode(_ name: String) {
    if let report = reports[name] { feed(.node(view(of: report))) }
  }

  private func setLeft(_ hasLeft: Bool, _ node: String) {
    for exchange in exchanges.values where exchange.shard.node == node { exchange.nodeHasLeft = hasLeft }
  }

  /// A node that left in good order ends what it runs, for a while: it is gone when nothing of it is open.
  func nodeLeft(_ report: NodeReport, at authority: Authority) {
    var report = report
    report.availability = .draining
    nodeSeen(report, at: authority)
    guard exchanges.values.contains(where: { $0.shard.node == report.name }) else { return nodeGone(report.name) }
    setLeft(true, report.name)
    leaving[report.name] = loop.schedule(after: CoordinatorLimits.leaveDeadline) { [weak self] in
      self?.nodeGone(report.name)
    }
  }

  func nodeGone(_ name: String) {
    leaving.removeValue(forKey: name)?.cancel()
    refusals[name] = nil
    reports[name] = nil
    detached[name] = nil
    acknowledgements.forget(name)
    takeover.forget(name)
    guard authorities.removeValue(forKey: name) != nil else { return }
    returnUnsent(to: name)
    feed(.nodeGone(name: name))
  }

  // MARK: What others ask

  func progress(of batch: BatchRecord) -> BatchProgress {
    if let outcome = batch.outcome { return outcome.progress }
    var progress = (scheduler.progress(of: batch.id) ?? batch.last).adding(retried: batch.retriedBefore)
    progress.counts.hide(batch.unseen)
    return progress
  }

  func task(_ index: Int, of batch: BatchRecord) -> TaskProgress? { scheduler.task(index, of: batch.id) }

  /// Batches that have not ended.
  var runningBatches: Int { scheduler.batchCount + takeover.count + keeper.ending }

  /// Those of them that have something to do: an open one may have nothing.
  var busyBatches: Int { runningBatches - scheduler.idleBatches }

  /// Tasks of a batch that nobody has got yet; nil while it is not known what nodes hold of it.
  func waitingTasks(of batch: UUIDv7) -> Int? { scheduler.waitingTasks(of: batch) }

  /// Where the tasks of all running batches stand.
  var taskTotals: TaskCounts { scheduler.totals }

  /// Tasks started a second time, over all batches.
  var hedgedTotal: Int { scheduler.hedgedTotal }

  func drain() {
    isDraining = true
    for batch in Array(book.all) { batch.tellFollowers() }
  }

  /// Breaks every exchange off: the nodes go on for a while, for a process that takes their shards up again.
  func close() {
    loop.assertCurrent()
    timer?.cancel()
    roomTimer?.cancel()
    for timer in Array(leaving.values) + takeoverTimers { timer.cancel() }
    acknowledgements.close()
    takeover.close()
    for exchange in exchanges.values { exchange.drop() }
    exchanges = [:]
  }

  // MARK: The machine

  /// Hands an input to the machine and does what it asks for. An effect may bring the next input: that waits its turn.
  func feed(_ input: Scheduler.Input) {
    loop.assertCurrent()
    inputs.append(input)
    guard !isFeeding else { return }
    isFeeding = true
    defer {
      isFeeding = false
      onFed()
    }
    var effects: [Scheduler.Effect] = []
    var next = 0
    while next < inputs.count {
      let input = inputs[next]
      // Held here alone, so that the scheduler takes a batch's table over instead of copying it.
      inputs[next] = .wake
      next += 1
      scheduler.handle(input, at: loop.now, into: &effects)
      perform(effects)
      effects.removeAll(keepingCapacity: true)
    }
    inputs.removeAll()
  }

  private func perform(_ effects: [Scheduler.Effect]) {
    var ends: [TaskEnd] = []
    for effect in effects {
      if case .taskEnded(let end) = effect {
        if let first = ends.first, first.batch != end.batch { store(&ends) }
        ends.append(end)
        continue
      }
      store(&ends)
      perform(effect)
    }
    store(&ends)
  }

  private func store(_ ends: inout [TaskEnd]) {
    guard let first = ends.first else { return }
    if let batch = book[first.batch] { keeper.store(ends, of: batch) }
    ends = []
  }

  private func perform(_ effect: Scheduler.Effect) {
    switch effect {
    case .taskEnded: break
    case .send(let shard): send(shard)
    case .attach(let shard, let wireID): attach(shard, wireID: wireID)
    case .cancelShard(let id, _): cancelShard(id)
    case .cancelTasks(let id, _, let indices): cancelTasks(indices, of: id)
    case .dropShard(let id):
      preparing[id] = nil
      for node in unseen.keys { unseen[node]?.removeAll { $0.0.id == id } }
      exchanges.removeValue(forKey: id)?.drop()
    case .attemptFailed(let attempt): book[attempt.batch]?.note(attempt)
    case .nodeLost(let loss): book[loss.batch]?.note(loss)
    case .batchEnded(let id, let progress):
      guard let batch = book[id] else { return }
      batch.last = progress
      keeper.end(batch, progress.adding(retried: batch.retriedBefore))
    case .wake(let at): wake(at: at)
    case .ignored(let why): log.debug("input_ignored", ["why": "\(why)"])
    }
  }

  private func wake(at moment: Instant) {
    timer?.cancel()
    timer = loop.schedule(at: moment) { [weak self] in self?.feed(.wake) }
  }

  // MARK: Shards

  private func send(_ shard: Shard) {
    guard let batch = book[shard.batch], let authority = authorities[shard.node] else {
      return inputs.append(.shardEnded(shard.id, .notSent))
    }
    preparing[shard.id] = shard
    batch.journal.readTasks(shard.entries.map { Int($0.index) }) { [weak self] read in
      guard let self, preparing[shard.id] != nil else { return }
      switch read {
      case .success(let tasks): prepare(endLost(in: shard, tasks, of: batch), tasks, to: authority, in: batch)
      case .failure: prepare(shard, [:], to: authority, in: batch)
      }
    }
  }

  /// Tasks that may not run twice are sent once it is durable that they are: a coordinator that is started again must
  /// know that they may have acted.
  private func prepare(_ shard: Shard, _ tasks: [Int: JournalTask], to authority: Authority, in batch: BatchRecord) {
    guard preparing[shard.id] != nil else { return }
    preparing[shard.id] = shard
    let wireID = UUIDv7(at: WallClock.now, using: &random)
    let (body, sent) = ShardRequest.body(shard.entries, tasks)
    guard sent > 0 else { return withhold(shard, in: batch) }
    let intents = shard.entries.prefix(sent).filter { !$0.isRepeatable }.map(\.index)
    guard !intents.isEmpty else { return send(shard, body, sent, wireID, to: authority) }
    batch.journal.appendSent(intents, shard: wireID, node: shard.node)
    batch.journal.makeResultsDurable { [weak self] in self?.send(shard, body, sent, wireID, to: authority) }
  }

  private func send(_ shard: Shard, _ body: [UInt8], _ sent: Int, _ wireID: UUIDv7, to authority: Authority) {
    guard preparing.removeValue(forKey: shard.id) != nil else { return }
    if sent < shard.entries.count {
      let rest = shard.entries[sent...].map { AttemptEnd(index: Int($0.index), outcome: .notBegun) }
      feed(.attempts(shard.id, rest))
    }
    if isTakingOver { ownShards.insert(wireID) }
    feed(.transmitted(shard.id))
    exchange(for: shard, wireID: wireID, at: authority, done: acknowledgements.take(for: shard.node)).start(body)
  }

  func take(_ event: ShardExchange.Event, of shard: Shard) {
    switch event {
    case .attempts(let ends): feed(.attempts(shard.id, ends))
    case .detached(let why):
      log.info("shard_detached", ["node": shard.node, "batch": shard.batch.text, "why": why])
      noteDetached(shard)
    case .attached:
      log.info("shard_attached", ["node": shard.node, "batch": shard.batch.text])
      noteAttached(shard)
    case .ended(let end, let why):
      if let exchange = exchanges.removeValue(forKey: shard.id) { settle(exchange, end) }
      report(end, why, of: shard)
      if end.tookNothing { noteReturned(shard) }
      feed(.shardEnded(shard.id, end))
      noteAttached(shard)
      if leaving[shard.node] != nil, !exchanges.values.contains(where: { $0.shard.node == shard.node }) {
        nodeGone(shard.node)
      }
    }
  }

  /// Shards that never went out: their tasks surely have not begun, though the intent to send them may be durable.
  private func returnUnsent(to node: String) {
    for shard in preparing.values.filter({ $0.node == node }).sorted(by: { $0.id.slot < $1.id.slot }) {
      preparing[shard.id] = nil
      noteReturned(shard)
      feed(.shardEnded(shard.id, .refused(retryAfter: .zero)))
    }
  }

  /// The journal says that these tasks may have acted, and they surely have not: a coordinator that is started again
  /// need not give them up.
  private func noteReturned(_ shard: Shard) {
    let returned = shard.entries.filter { !$0.isRepeatable }.map(\.index)
    guard !returned.isEmpty, let journal = book[shard.batch]?.journal else { return }
    journal.appendReturned(returned)
    journal.makeResultsDurable {}
  }

  /// What follows for its node.
  private func settle(_ exchange: ShardExchange, _ end: ShardEnd) {
    if let epoch = exchange.refusedEpoch { exceed(epoch) }
    switch end {
    case .finished: acknowledge(exchange)
    case .garbled: tellToForget(exchange.wireID, at: exchange.authority)
    case .refused, .notSent, .withheld:
      acknowledgements.add(exchange.done, of: exchange.shard.node, at: exchange.authority)
    case .broken, .died: break
    }
  }

  private func report(_ end: ShardEnd, _ why: String, of shard: Shard) {
    // Only where it is logged: most shards end well, and telling how costs more than a task.
    var fields: Log.Fields { ["node": shard.node, "batch": shard.batch.text, "how": "\(end)", "why": why] }
    switch end {
    case .finished:
      refusals[shard.node] = nil
      book[shard.batch]?.refusal = nil
    case .refused, .notSent, .withheld:
      book[shard.batch]?.refusal = "node \(shard.node) took nothing: \(why)"
      if refusals.updateValue(why, forKey: shard.node) != why { log.warning("shard_refused", fields) }
    case .broken, .died, .garbled: log.warning("shard_lost", fields)
    }
  }

  // MARK: Room

  /// Why nothing new is sent; nil when that is not so.
  var heldBecause: String? {
    guard isHeld else { return nil }
    let engine = book.journal.engine
    if let trouble = engine.trouble { return trouble.text }
    if engine.pendingBytes > JournalLimits.waitingBytes { return "the disk does not keep up with the results" }
    return "results fill the coordinator's room: cancel batches, purge ended ones, or raise --keep"
  }

  /// Sends nothing new while results fill their room, or the journal is in trouble or does not keep up.
  private func checkRoom() {
    let engine = book.journal.engine
    let lags = engine.pendingBytes > JournalLimits.waitingBytes
    let isFull = !book.makeRoom() || engine.trouble != nil || lags
    if isFull != isHeld {
      isHeld = isFull
      if isFull, engine.trouble == nil {
        if lags {
          log.info("journal_lags", ["pending_bytes": "\(engine.pendingBytes)", "effect": "no task is sent"])
        } else {
          log.warning("no_room", ["bytes": "\(book.journal.byteCount)", "effect": "no task is sent"])
        }
      }
      feed(.hold(isFull))
    }
    guard isFull, roomTimer?.isPending != true else { return }
    roomTimer = loop.schedule(after: CoordinatorLimits.roomInterval) { [weak self] in self?.checkRoom() }
  }
}
