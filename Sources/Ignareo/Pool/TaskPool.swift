package import Clockwork
internal import JSON
package import Loop

/// The tasks of a node: takes them, gives them to the loops, keeps their results for a while.
///
/// It lives on loop 0 and shares nothing with the other loops: they get attempts and give back reports, in batches.
/// Guarded by: loop 0's thread; each entry asserts it.
package final class TaskPool: @unchecked Sendable {
  package let loop: EventLoop
  package let capacity: Int
  package let types: TaskTypes
  let runners: [LoopRunner]
  let log: Log

  var table = TaskTable()
  /// The queued ones, in the order in which they start; some that are not queued any more stand there, too.
  private var line = StartLines<TaskRecord>()
  private(set) var isDraining = false
  var meter: LoadMeter
  private(set) var counts: TaskCounts
  /// The JSON text of the tasks that have not ended, in bytes.
  private(set) var heldBytes = 0
  /// The values of the tasks that have ended, in bytes.
  private(set) var keptBytes = 0
  /// The attempts that each loop has in its hands, those included that ignore their cancellation.
  private var placesTaken: [Int]
  private var generator: SplitMix64
  /// How many tasks were ever registered; gives each its place in their order.
  private var registered = 0
  private var whenIdle: [() -> Void] = []
  var room = PoolRoom()

  /// - Parameter runners: one for each loop; the first one's is the pool's own.
  package init(runners: [LoopRunner], capacity: Int, types: TaskTypes, log: Log) {
    self.runners = runners
    self.capacity = capacity
    self.types = types
    self.log = log
    loop = runners[0].loop
    placesTaken = runners.map { _ in 0 }
    meter = LoadMeter(now: MonotonicClock.now)
    counts = TaskCounts(types)
    generator = SplitMix64(seed: UInt64.random(in: .min ... .max))
  }

  // MARK: Taking

  /// Registers tasks for which `checkRoom` found room in this same turn, and starts what can start.
  package func register(_ drafts: [TaskDraft]) -> [TaskRecord] {
    let records = drafts.map { insert($0, owner: .node, attemptsBefore: 0) }
    fillPlaces()
    return records
  }

  /// The caller ends its series of inserts with `fillPlaces`.
  func insert(_ draft: TaskDraft, owner: TaskRecord.Owner, attemptsBefore: Int) -> TaskRecord {
    loop.assertCurrent()
    let time = WallClock.now
    registered += 1
    let type = counts[draft.type]
    type.registered += 1
    let record = TaskRecord(
      id: UUIDv7(at: time, using: &generator), serial: registered, type: type, draft: draft, owner: owner,
      attemptsBefore: attemptsBefore, createdAt: time, acceptedAt: MonotonicClock.now)
    heldBytes += draft.bytes
    table.insert(record)
    line.append(record, to: record.startLine)
    return record
  }

  /// A shard's task that cannot run here, and is told so without being registered.
  func noteUnfit(_ failure: TaskFailure) { counts.noteUnfit(failure) }

  package subscript(id: UUIDv7) -> TaskRecord? {
    loop.assertCurrent()
    return table[id]
  }

  // MARK: Running

  /// Gives queued tasks to the loops until every place is taken, each to the loop with the fewest.
  func fillPlaces() {
    loop.assertCurrent()
    guard table[.queued].first != nil else { return }
    var taken = placesTaken.reduce(0, +)
    var outboxes: [[Attempt]] = runners.map { _ in [] }
    while taken < capacity, let record = nextQueued() {
      if case .shard(let shard, _) = record.owner, shard.isCongested {
        table.move(record, to: .held)
        shard.hold(record)
        continue
      }
      let place = placesTaken.indices.min { placesTaken[$0] < placesTaken[$1] }!
      outboxes[place].append(begin(record, at: place))
      taken += 1
    }
    for (place, outbox) in outboxes.enumerated() where !outbox.isEmpty {
      let runner = runners[place]
      runner.loop.execute { [self] in runner.start(outbox, reportTo: receive) }
    }
  }

  private func nextQueued() -> TaskRecord? {
    while let record = line.popFirst() {
      if case .queued = record.state { return record }
    }
    return nil
  }

  private func queue(_ record: TaskRecord) {
    table.move(record, to: .queued)
    line.append(record, to: record.startLine)
  }

  private func begin(_ record: TaskRecord, at place: Int) -> Attempt {
    guard let draft = record.draft else { preconditionFailure("task \(record.id.text) runs after its end") }
    record.attemptsBegun += 1
    record.type.attempts += 1
    placesTaken[place] += 1
    let attempt = Attempt(record: record, draft: draft, number: record.attemptsBegun, place: place)
    table.move(record, to: .running(attempt))
    return attempt
  }

  /// Lets tasks that waited for their shard's reader queue again.
  func requeue(_ records: [TaskRecord]) {
    for record in records {
      if case .held = record.state { queue(record) }
    }
    fillPlaces()
  }

  /// Cancels a task. One that runs ends when its clean-up is done; any other ends inside this call.
  package func cancel(_ record: TaskRecord) {
    loop.assertCurrent()
    switch record.state {
    case .queued, .held:
      end(record, .cancelled, span: nil, at: MonotonicClock.now)
      let stale = line.count - table[.queued].count
      if stale > Limits.cancelledInLine, stale > table[.queued].count { forgetCancelled() }
    case .backingOff(let timer):
      timer.cancel()
      end(record, .cancelled, span: nil, at: MonotonicClock.now)
    case .running(let attempt):
      table.move(record, to: .stopping(attempt))
      let runner = runners[attempt.place]
      runner.loop.execute { [self] in runner.stop(attempt, .requested, reportTo: receive) }
    case .stopping, .ended: break
    }
    if isDraining { noteIdle() }
  }

  /// Takes a runner's reports, on the runner's loop.
  @Sendable private func receive(_ reports: [AttemptReport]) {
    if loop.isCurrent { take(reports) } else { loop.execute { [self] in take(reports) } }
  }

  private func take(_ reports: [AttemptReport]) {
    let now = MonotonicClock.now
    for report in reports {
      switch report {
      case .ended(let attempt, let outcome, let span, let releasesPlace):
        if releasesPlace { placesTaken[attempt.place] -= 1 }
        conclude(attempt.record, outcome, span, at: now)
      case .placeReleased(let attempt): placesTaken[attempt.place] -= 1
      }
    }
    fillPlaces()
    forgetOld(now)
    if isDraining { noteIdle() }
  }

  private func conclude(_ record: TaskRecord, _ outcome: TaskOutcome, _ span: AttemptSpan?, at now: Instant) {
    if let span { note(span, of: record) }
    switch (record.state, outcome) {
    case (.stopping, .error): end(record, .cancelled, span: span, at: now)
    case (_, .error(let failure)) where mayRetry(record, failure): backOff(record, failure)
    default: end(record, outcome, span: span, at: now)
    }
  }

  private func note(_ span: AttemptSpan, of record: TaskRecord) {
    record.type.note(run: span.duration)
    guard record.firstStart == nil else { return }
    record.firstStart = span.begin
    record.type.note(queued: span.begin - record.acceptedAt)
  }

  private func mayRetry(_ record: TaskRecord, _ failure: TaskFailure) -> Bool {
    guard case .node = record.owner, let draft = record.draft else { return false }
    return failure.isRetryable && record.attemptsBegun < draft.attempts
      && (draft.isRepeatable || !failure.mayHaveTakenEffect)
  }

  private func backOff(_ record: TaskRecord, _ failure: TaskFailure) {
    record.lastFailure = failure
    let pause = Self.backoff.pause(afterFailures: record.attemptsBegun, using: &generator)
    let timer = loop.schedule(after: pause) { [self] in
      queue(record)
      fillPlaces()
    }
    table.move(record, to: .backingOff(timer))
  }

  private static let backoff = Backoff(first: Limits.firstBackoff, longest: Limits.longestBackoff)

  private func forgetCancelled() {
    line.removeAll { if case .queued = $0.state { false } else { true } }
  }

  // MARK: Ending

  private func end(_ record: TaskRecord, _ outcome: TaskOutcome, span: AttemptSpan?, at now: Instant) {
    let result = TaskResult(
      outcome: outcome, endedAt: now, finishedAt: WallClock.now,
      queued: (record.firstStart ?? now) - record.acceptedAt, duration: span?.duration ?? .zero)
    heldBytes -= record.bytes
    meter.note(outcome)
    counts.note(outcome, of: record.type)
    record.draft = nil
    switch record.owner {
    case .node:
      table.move(record, to: .ended(result))
      keptBytes += result.bytes
    case .shard(let shard, let index):
      table.forget(record)
      record.state = .ended(result)
      shard.ended(index, result, startedAt: record.firstStart)
    }
    let joins = record.joins
    record.joins = []
    for join in joins { join.leave() }
    let whenEnded = record.whenEnded
    record.whenEnded = nil
    whenEnded?(record)
    offerRoom()
  }

  /// Forgets what was kept too long, or is too much.
  func forgetOld(_ now: Instant) {
    while let record = table.oldestKept, case .ended(let result) = record.state {
      let isOld = now - result.endedAt > Limits.keptFor
      guard isOld || table.kept > Limits.keptTasks || keptBytes > Limits.keptBytes else { return }
      keptBytes -= result.bytes
      table.forget(record)
    }
  }
}

// MARK: Draining

extension TaskPool {
  /// Takes nothing new from now on; `idle` is called once everything has ended.
  package func drain(idle: @escaping () -> Void) {
    loop.assertCurrent()
    isDraining = true
    whenIdle.append(idle)
    offerRoom()
    noteIdle()
  }

  package func cancelAll() {
    for record in table.unended { cancel(record) }
    noteIdle()
  }

  private func noteIdle() {
    guard table.running + table.queued == 0, !whenIdle.isEmpty else { return }
    let callbacks = whenIdle
    whenIdle = []
    for callback in callbacks { callback() }
  }
}
