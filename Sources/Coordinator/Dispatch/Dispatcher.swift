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
  private let log: Log
  /// For shards: their exchanges may take all of a node's connections.
  let client: HTTPClient
  /// For what is short and must not wait behind them.
  let control: HTTPClient
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
  /// Whether nothing new is sent for want of room for results.
  private(set) var isHeld = false
  private var roomTimer: LoopTimer?
  /// Nodes that have left the cluster and still run something.
  private(set) var leaving: [String: LoopTimer] = [:]
  /// Streams of results that are being read.
  var readers = 0
  /// By node, why it last took nothing: told once, until it takes something again.
  private var refusals: [String: String] = [:]

  init(loop: EventLoop, book: BatchBook, client: HTTPClient, control: HTTPClient, log: Log) {
    (self.loop, self.book, self.client, self.control, self.log) = (loop, book, client, control, log)
    acknowledgements = Acknowledgements(client: control)
    scheduler = Scheduler(seed: random.next())
  }

  /// Says who sends the shards, before the first node is seen.
  func begin(as name: String, epoch: Int64) { sender = ShardRequest.Sender(name: name, epoch: epoch) }

  // MARK: What happens

  /// A batch whose tasks are durable.
  func add(_ batch: BatchRecord, _ table: TaskTable) { feed(.batchAdded(batch.id, table)) }

  func cancel(_ batch: UUIDv7) { feed(.cancel(batch)) }

  func nodeSeen(_ report: NodeReport, at authority: Authority) {
    if let timer = leaving.removeValue(forKey: report.name) {
      timer.cancel()
      setLeft(false, report.name)
    }
    authorities[report.name] = authority
    reports[report.name] = report
    reportNode(report.name)
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
    guard authorities.removeValue(forKey: name) != nil else { return }
    feed(.nodeGone(name: name))
  }

  // MARK: What others ask

  func progress(of batch: BatchRecord) -> BatchProgress {
    batch.outcome?.progress ?? scheduler.progress(of: batch.id) ?? BatchProgress()
  }

  func task(_ index: Int, of batch: BatchRecord) -> TaskProgress? { scheduler.task(index, of: batch.id) }

  /// Batches that have not ended.
  var runningBatches: Int { scheduler.batchCount }

  /// Where the tasks of all running batches stand.
  var taskTotals: TaskCounts { scheduler.totals }

  /// Breaks every exchange off: the nodes go on for a while, for a process that takes their shards up again.
  func close() {
    loop.assertCurrent()
    timer?.cancel()
    roomTimer?.cancel()
    for timer in leaving.values { timer.cancel() }
    acknowledgements.close()
    for exchange in exchanges.values { exchange.drop() }
    exchanges = [:]
  }

  // MARK: The machine

  /// Hands an input to the machine and does what it asks for. An effect may bring the next input: that waits its turn.
  private func feed(_ input: Scheduler.Input) {
    loop.assertCurrent()
    inputs.append(input)
    guard !isFeeding else { return }
    isFeeding = true
    defer { isFeeding = false }
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

  private func perform(_ effect: Scheduler.Effect) {
    switch effect {
    case .taskEnded: break
    case .send(let shard): send(shard)
    case .cancelShard(let id, _): cancelShard(id)
    case .dropShard(let id): exchanges.removeValue(forKey: id)?.drop()
    case .attemptFailed(let attempt): book[attempt.batch]?.note(attempt)
    case .batchEnded(let id, let progress): end(id, progress)
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
    batch.journal.readTasks(shard.entries.map { Int($0.index) }) { [weak self] tasks in
      self?.send(shard, tasks, to: authority)
    }
  }

  private func send(_ shard: Shard, _ tasks: [JournalTask], to authority: Authority) {
    let (body, count) = ShardRequest.body(shard.entries, tasks)
    if count < shard.entries.count {
      let rest = shard.entries[count...].map { AttemptEnd(index: Int($0.index), outcome: .notBegun) }
      feed(.attempts(shard.id, rest))
    }
    let wireID = UUIDv7(at: WallClock.now, using: &random)
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
      feed(.shardEnded(shard.id, end))
      noteAttached(shard)
      if leaving[shard.node] != nil, !exchanges.values.contains(where: { $0.shard.node == shard.node }) {
        nodeGone(shard.node)
      }
    }
  }

  /// What follows for its node.
  private func settle(_ exchange: ShardExchange, _ end: ShardEnd) {
    if let epoch = exchange.refusedEpoch { sender.exceed(epoch, WallClock.now) }
    switch end {
    case .finished: acknowledge(exchange)
    case .garbled: tellToForget(exchange)
    case .refused, .notSent: acknowledgements.add(exchange.done, of: exchange.shard.node, at: exchange.authority)
    case .broken: break
    }
  }

  private func report(_ end: ShardEnd, _ why: String, of shard: Shard) {
    let fields: Log.Fields = ["node": shard.node, "batch": shard.batch.text, "how": "\(end)", "why": why]
    switch end {
    case .finished:
      refusals[shard.node] = nil
      book[shard.batch]?.refusal = nil
    case .refused, .notSent:
      book[shard.batch]?.refusal = "node \(shard.node) took nothing: \(why)"
      if refusals.updateValue(why, forKey: shard.node) != why { log.warning("shard_refused", fields) }
    case .broken, .garbled: log.warning("shard_lost", fields)
    }
  }

  private func cancelShard(_ id: ShardID) {
    if let exchange = exchanges[id] { cancel(exchange, retries: CoordinatorLimits.cancelRetries) }
  }

  /// Asks the node to cancel; the attempts then end on the exchange. A node that does not know the shard may not have
  /// read it yet: it is asked again. If it cannot be asked, the exchange is broken off: the node cancels by itself what
  /// nobody takes up again.
  private func cancel(_ exchange: ShardExchange, retries: Int) {
    let id = exchange.shard.id
    var status = 0
    _ = control.start(
      ShardRequest(authority: exchange.authority).cancel(exchange.wireID), onHead: { status = $0.status },
      onBody: { _ in },
      onEnd: { [weak self] result in
        guard let self, exchanges[id] === exchange else { return }
        if case .success = result, (200...299).contains(status) { return }
        guard case .success = result, retries > 0 else { return breakOff(exchange) }
        loop.schedule(after: CoordinatorLimits.cancelRetry) { [weak self] in
          guard let self, exchanges[id] === exchange else { return }
          cancel(exchange, retries: retries - 1)
        }
      })
  }

  private func breakOff(_ exchange: ShardExchange) {
    exchange.drop()
    exchanges[exchange.shard.id] = nil
    feed(.shardEnded(exchange.shard.id, .broken))
    noteAttached(exchange.shard)
  }

  // MARK: Results

  /// Appends results of one batch to its journal, and shows them once they are durable.
  private func store(_ ends: inout [TaskEnd]) {
    guard let first = ends.first else { return }
    let stored = ends
    ends = []
    guard let batch = book[first.batch] else { return }
    if batch.hasIDs {
      batch.journal.readTasks(stored.map(\.index)) { [weak self] tasks in
        self?.append(stored, ids: tasks.map(\.id), to: batch)
      }
    } else {
      append(stored, ids: nil, to: batch)
    }
  }

  private func append(_ ends: [TaskEnd], ids: [ArraySlice<UInt8>?]?, to batch: BatchRecord) {
    var line: [UInt8] = []
    for (place, end) in ends.enumerated() {
      line.removeAll(keepingCapacity: true)
      TaskResult.write(end, seq: batch.journal.resultCount + 1, id: ids?[place], into: &line)
      batch.journal.appendResult(line[...], of: end.index, status: end.status)
      batch.note(end)
    }
    let count = batch.journal.resultCount
    batch.journal.makeDurable { [loop] in batch.publish(count, at: loop.now) }
    checkRoom()
  }

  /// Sends nothing new while the results fill their room and no ended batch can make way.
  private func checkRoom() {
    let isFull = !book.makeRoom()
    if isFull != isHeld {
      isHeld = isFull
      if isFull {
        log.warning("journal_full", ["bytes": "\(CoordinatorLimits.journalBytes)", "effect": "no task is sent"])
      }
      feed(.hold(isFull))
    }
    guard isFull, roomTimer?.isPending != true else { return }
    roomTimer = loop.schedule(after: CoordinatorLimits.roomInterval) { [weak self] in self?.checkRoom() }
  }

  private func end(_ id: UUIDv7, _ progress: BatchProgress) {
    guard let batch = book[id] else { return }
    batch.journal.makeDurable { [log] in
      batch.finish(progress, at: WallClock.now)
      let counts = progress.counts
      log.info(
        "batch_ended",
        [
          "batch": id.text, "ok": "\(counts.ok)", "error": "\(counts.error)", "cancelled": "\(counts.cancelled)",
          "unknown": "\(counts.unknown)",
        ])
    }
  }
}
