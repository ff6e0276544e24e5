import Batch
import Clockwork
import Loop
import Net

/// What comes to an open batch while it runs: calls with more tasks, from any number of sources, and its closing.
///
/// The closing and the cancelling stand behind the calls that came before.
/// Guarded by: the loop's thread.
final class BatchIntake: @unchecked Sendable {
  enum State { case open, closed, cancelled }

  /// One call's tasks, or the closing.
  ///
  /// Guarded by: the loop's thread.
  final class Call: JournalCall, @unchecked Sendable {
    fileprivate var tasks: [TaskSpec]
    fileprivate var table: TaskTable
    fileprivate let hasIDs: Bool
    fileprivate let addition: BatchManifest.Addition?
    /// What each task took from pools; empty for tasks that users brought.
    fileprivate var taken: [[ItemUse]] = []
    /// Tasks, by their place, that could not be made of their items, and why.
    fileprivate var refusals: [Int: TaskEnd.Detail] = [:]
    let isClosing: Bool
    /// Told the index of the first task before any of them is sent.
    fileprivate var willAdd: (Int) -> Void = { _ in }
    /// Where the journal stood before it; nil until it is written.
    fileprivate var mark: BatchJournal.TaskMark?
    var answer: (Problem?) -> Void

    /// - Parameter answer: told once it is durable, or why nothing of it was kept.
    init(
      _ tasks: [TaskSpec], _ table: consuming TaskTable, hasIDs: Bool, addition: BatchManifest.Addition?,
      _ answer: @escaping (Problem?) -> Void
    ) {
      (self.tasks, self.table, self.hasIDs, self.addition) = (tasks, table, hasIDs, addition)
      (isClosing, self.answer) = (false, answer)
    }

    /// Tasks that the coordinator made of items.
    convenience init(
      _ tasks: [TaskSpec], _ table: consuming TaskTable, hasIDs: Bool, taken: [[ItemUse]],
      refusals: [Int: TaskEnd.Detail], willAdd: @escaping (Int) -> Void, _ answer: @escaping (Problem?) -> Void
    ) {
      self.init(tasks, table, hasIDs: hasIDs, addition: nil, answer)
      (self.taken, self.refusals, self.willAdd) = (taken, refusals, willAdd)
    }

    fileprivate init(closing answer: @escaping (Problem?) -> Void) {
      (tasks, table, hasIDs, addition, isClosing) = ([], TaskTable(), false, nil, true)
      self.answer = answer
    }
  }

  private unowned let batch: BatchRecord
  private let dispatcher: Dispatcher
  private(set) var state: State
  /// Told when nothing more is taken.
  var onStopped: () -> Void = {}
  /// Keys of calls, and what came under them.
  private(set) var keys: AdditionKeys
  private lazy var calls = CallQueue<Call>(
    on: dispatcher.loop,
    CallQueue.Steps(
      begin: { [unowned self] in $0.mark = batch.journal.markTasks() },
      write: { [unowned self] in write($0, from: $1) },
      makeDurable: { [unowned self] in batch.journal.makeTasksDurable($0) },
      settle: { [unowned self] in settle($0) },
      takeBack: { [unowned self] call, then in
        if let mark = call.mark { batch.journal.cutTasks(to: mark, then) } else { then() }
      }))
  /// Whether any task has a name of its own, those on their way included.
  private var hasIDs: Bool

  init(_ batch: BatchRecord, _ dispatcher: Dispatcher) {
    (self.batch, self.dispatcher, state, hasIDs) = (batch, dispatcher, .open, batch.hasIDs)
    keys = AdditionKeys([])
  }

  /// One that an earlier coordinator took in.
  init(_ batch: BatchRecord, _ dispatcher: Dispatcher, _ recovery: borrowing BatchRecovery) {
    (self.batch, self.dispatcher, hasIDs) = (batch, dispatcher, batch.hasIDs)
    state = recovery.isCancelled ? .cancelled : recovery.isClosed ? .closed : .open
    keys = AdditionKeys(recovery.additions)
  }

  // MARK: What comes

  func reserve(key: String) { keys.reserve(key) }
  func release(key: String) { keys.release(key) }

  func add(_ call: Call) {
    guard state == .open else { return call.answer(.closedBatch(batch)) }
    guard
      batch.journal.taskCount + calls.waiting.reduce(call.tasks.count, { $0 + $1.tasks.count }) <= TaskTable.countLimit
    else { return call.answer(.batchFull) }
    calls.append(call)
  }

  /// Closes it for good; `answer` is told once that is durable.
  func close(_ answer: @escaping (Problem?) -> Void) {
    guard !calls.join(closing: answer) else { return }
    guard state == .open else { return calls.settled { answer(nil) } }
    state = .closed
    calls.append(Call(closing: answer))
    onStopped()
  }

  /// Takes nothing more, and calls `then` when the calls before are settled: tasks that are promised get their results.
  func cancel(_ then: @escaping () -> Void) {
    state = .cancelled
    onStopped()
    calls.settled(then)
  }

  // MARK: Writing

  private func write(_ call: Call, from start: Int) -> Int? {
    let end = min(start + CoordinatorLimits.tasksPerTurn, call.tasks.count)
    for place in start..<end {
      batch.journal.appendTask(call.tasks[place], isRefused: call.refusals[place] != nil)
    }
    guard end == call.tasks.count else { return end }
    if call.isClosing {
      batch.journal.appendClosed()
    } else {
      batch.journal.appendTaken(call.taken, first: call.mark?.count ?? 0)
      hasIDs = hasIDs || call.hasIDs
      var manifest = batch.manifest
      (manifest.hasIDs, manifest.addition) = (hasIDs, call.addition)
      batch.journal.accept(manifest)
    }
    call.tasks = []
    return nil
  }

  private func settle(_ call: Call) {
    if call.isClosing {
      dispatcher.close(batch)
    } else {
      if call.hasIDs { batch.manifest.hasIDs = true }
      if let addition = call.addition { keys.bind(addition) }
      let table = call.table
      call.table = TaskTable()
      let first = call.mark?.count ?? 0
      call.willAdd(first)
      dispatcher.add(
        table, to: batch,
        refused: call.refusals.sorted { $0.key < $1.key }.map { place, why in
          TaskEnd(batch: batch.id, index: first + place, status: .error, detail: why)
        })
    }
  }

  /// Takes back all that is not durable: there is no room for it.
  func giveUp(_ problem: Problem) {
    if calls.isClosing, state == .closed { state = .open }
    calls.giveUp(problem)
  }
}

extension Problem {
  /// Why a batch takes no more tasks, and what to do with them.
  static func closedBatch(_ batch: BatchRecord) -> Problem {
    let why =
      if !batch.manifest.isOpen {
        "It was not submitted open: that is said with \"open\":true, or ?open=true, when a batch begins."
      } else if batch.intake?.state == .cancelled || batch.outcome?.progress.isCancelled == true {
        "It was cancelled."
      } else {
        "It was closed."
      }
    return Problem(
      status: 409, code: "batch_closed", title: "The batch takes no more tasks",
      detail: "\(why) Nothing was added; submit these tasks as a batch of their own with POST /batches.")
  }

  static let batchFull = Problem(
    status: 409, code: "batch_full", title: "The batch is full",
    detail: "A batch has at most \(TaskTable.countLimit) tasks; submit these as a batch of their own.")
}
