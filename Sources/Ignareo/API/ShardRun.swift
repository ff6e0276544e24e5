internal import Clockwork
internal import HTTP
internal import JSON
internal import Loop
internal import Net

/// One shard in the node: its tasks that have not ended, and its results until its coordinator has them for good.
///
/// A reader that does not keep up holds its shard's queued tasks back, so that what is buffered for it is bounded by
/// what runs. An exchange that breaks leaves the tasks running for a while, in which the coordinator can take the shard
/// up again; then they are cancelled.
/// Guarded by: the pool's loop.
final class ShardRun: @unchecked Sendable {
  /// Who sent it.
  struct Origin {
    let batch: String?
    let coordinator: String
    let epoch: Int
  }

  private enum Phase {
    case running
    /// Every task has ended.
    case ended
    /// Nobody gets anything of it any more.
    case over
  }

  let id: UUIDv7
  let origin: Origin
  let indexes: [Int]
  /// Where its tasks wait for their start.
  let startLine: StartLine
  private let pool: TaskPool
  private weak var shelf: ShardShelf?
  let receivedAt: Instant

  private var phase = Phase.running
  private var records: [Int: TaskRecord] = [:]
  private var held: [TaskRecord] = []
  private var pending = JSONWriter()
  private var pendingLines = 0
  private var isFlushDue = false
  /// Runs while nobody reads: then the shard is let go.
  private var timer: LoopTimer?
  private lazy var outlet = ShardOutlet(backlog: shelf?.bounds.backlog ?? 0) { [unowned self] in note($0) }
  /// Its turn among those that have ended and rest here, given by the shelf.
  var restingTurn: Int?

  init(id: UUIDv7, origin: Origin, lines: [ShardLine], pool: TaskPool, shelf: ShardShelf) {
    (self.id, self.origin, self.pool, self.shelf) = (id, origin, pool, shelf)
    indexes = lines.map(\.index)
    startLine = StartLine(sender: origin.coordinator)
    receivedAt = MonotonicClock.now
  }

  /// Begins the answer and the tasks.
  func start(_ lines: [ShardLine], on exchange: HTTPExchange) {
    outlet.attach(exchange, after: 0)
    for line in lines {
      switch line.draft {
      case .success(let draft):
        records[line.index] = pool.insert(
          draft, owner: .shard(self, index: line.index), attemptsBefore: line.attempt - 1)
      case .failure(let failure):
        pool.noteUnfit(failure)
        write(line.index, .error(failure.bounded), startedAt: nil, duration: .zero, hasBegun: false)
      }
    }
    pool.fillPlaces()
    endIfDone()
  }

  /// One of its tasks has ended.
  func ended(_ index: Int, _ result: TaskResult, startedAt: Instant?) {
    records[index] = nil
    guard case .running = phase else { return }
    write(index, result.outcome, startedAt: startedAt, duration: result.duration)
    endIfDone()
  }

  /// Cancels some of its tasks, or all.
  ///
  /// - Returns: how many of them had not ended.
  func cancel(_ indexes: [Int]?) -> Int {
    let chosen = indexes.map { $0.compactMap { records[$0] } } ?? Array(records.values)
    for record in chosen { pool.cancel(record) }
    return chosen.count
  }

  func tell(_ load: NodeLoad) {
    guard case .running = phase, isAttached else { return }
    flush()
    var line = JSONWriter()
    line.object { $0.member("load") { load.write(into: &$0) } }
    line.endLine()
    outlet.mention(line.bytes)
  }

  // MARK: What others ask

  var hasEnded: Bool { if case .running = phase { false } else { true } }
  var endedCount: Int { indexes.count - records.count }
  var isAttached: Bool { outlet.isReading }
  /// Whether its coordinator is waited for: its exchange broke before everything was told.
  var isDetached: Bool { if case .over = phase { false } else { outlet.isLost } }
  /// How many results there have been.
  var lineCount: Int { outlet.count + pendingLines }
  /// What it keeps in memory, in bytes, its own record included.
  var weight: Int { Limits.recordBytes + indexes.count * MemoryLayout<Int>.stride + outlet.weight }
  var sentWeight: Int { outlet.sentWeight }
  /// Lets go of so many bytes of lines that were sent, or of all of them.
  func forgetSent(by bytes: Int) { outlet.forgetSent(downTo: outlet.weight - bytes) }

  // MARK: Back-pressure

  var isCongested: Bool { outlet.isCongested || (outlet.isLost && shelf?.isFull == true) }

  /// Keeps a task back until the reader has caught up.
  func hold(_ record: TaskRecord) { held.append(record) }

  // MARK: The exchange of the moment

  /// Answers with the results behind that one; an exchange that was there before breaks off.
  func attach(_ exchange: HTTPExchange, after number: Int) {
    timer?.cancel()
    flush()
    shelf?.wake(self)
    outlet.attach(exchange, after: number)
  }

  private func note(_ event: ShardOutlet.Event) {
    if case .over = phase { return }
    switch event {
    case .drained:
      shelf?.trim()
      requeueHeld()
    case .served: rest()
    case .lost:
      pool.log.info("shard_detached", ["shard": id.text, "coordinator": origin.coordinator])
      if hasEnded { rest() } else { wait(for: shelf?.bounds.grace ?? .zero) }
    }
  }

  /// All has ended, and nobody reads it now.
  private func rest() {
    if indexes.isEmpty { return letGo(isDone: true) }
    wait(for: shelf?.bounds.keptFor ?? .zero)
    shelf?.rest(self)
  }

  private func wait(for patience: Duration) {
    timer?.cancel()
    timer = pool.loop.schedule(after: patience) { [weak self] in self?.letGo(isDone: false) }
  }

  private func requeueHeld() {
    guard !held.isEmpty else { return }
    let waiting = held
    held = []
    // Not within the call that wrote: whoever hands tasks out may be its caller.
    pool.loop.execute { [pool] in pool.requeue(waiting) }
  }

  // MARK: Writing

  /// - Parameter hasBegun: false for a task that this node could not even begin; only then the line says so.
  private func write(
    _ index: Int, _ outcome: TaskOutcome, startedAt: Instant?, duration: Duration, hasBegun: Bool = true
  ) {
    let started = (startedAt ?? MonotonicClock.now) - receivedAt
    pending.object { line in
      line.member("index", index)
      switch outcome {
      case .ok(let value):
        line.member("status", "ok")
        line.member("value", value)
      case .error(let failure):
        line.member("status", "error")
        line.member("error") { failure.write(into: &$0, withEffect: true) }
      case .cancelled:
        line.member("status", "cancelled")
        line.member("effect", startedAt != nil)
      }
      if !hasBegun { line.member("begun", false) }
      line.member("started_ms", started.inMilliseconds.rounded(toPlaces: 3))
      line.member("duration_ms", duration.inMilliseconds.rounded(toPlaces: 3))
    }
    pending.endLine()
    pendingLines += 1
    flushSoon()
  }

  private func endIfDone() {
    guard records.isEmpty, case .running = phase else { return }
    flush()
    phase = .ended
    outlet.close()
    if outlet.isLost { rest() }
  }

  /// What one turn brings leaves together, as far as it is small: what is large must count for `isCongested` at once.
  private func flushSoon() {
    if pending.bytes.count > Limits.shardPieceBytes { return flush() }
    guard !isFlushDue else { return }
    isFlushDue = true
    pool.loop.execute { [self] in
      isFlushDue = false
      flush()
    }
  }

  private func flush() {
    guard pendingLines > 0 else { return }
    let (bytes, count) = (pending.bytes, pendingLines)
    (pending, pendingLines) = (JSONWriter(), 0)
    let before = weight
    outlet.append(bytes, count: count)
    shelf?.grew(self, by: weight - before)
  }

  // MARK: The end

  /// Cancels what is left, forgets what is kept and tells nobody.
  ///
  /// - Parameter isDone: its coordinator has said that it needs nothing of it any more.
  func letGo(isDone: Bool) {
    guard phase != .over else { return }
    timer?.cancel()
    shelf?.remove(self, isDone: isDone)
    let (wasRunning, wasUnread) = (phase == .running, outlet.isLost)
    phase = .over
    (pending, pendingLines, held) = (JSONWriter(), 0, [])
    let left = cancel(nil)
    if wasRunning || wasUnread {
      pool.log.info("shard_broken", ["shard": id.text, "coordinator": origin.coordinator, "cancelled": "\(left)"])
    }
    if !wasRunning { outlet.cut() }
  }
}
