import Batch
import Clockwork
import JSON
import Loop
import Net

/// Makes one batch's tasks of the items that the machine took for it: reads the items, fills in the template, and hands
/// the tasks to the batch's intake, whose record of them is also the record that the items were taken.
///
/// Guarded by: the loop's thread.
final class PoolFeeder: @unchecked Sendable {
  /// Until it ends, which lets go of this.
  private let batch: BatchRecord
  private unowned let book: PoolBook
  /// Nil for what no coordinator of this version accepted.
  private let template: TaskTemplate?
  /// In the template's order; nil for a pool whose log cannot be read.
  let sources: [PoolRecord?]
  /// Taken, and not made into tasks yet: one item of each source a task.
  private var takes: [[ItemUse]] = []
  /// Tasks that are on their way into the batch.
  private var underWay = 0
  /// How many are made at once: fewer where items are large.
  private var atOnce = CoordinatorLimits.pooledTasksAtOnce
  /// Whether a round is under way: one at a time, for it takes from the front of what it finds.
  private var isRunning = false
  /// How often its takes were given back: what a round has read of them before is void.
  private var returns = 0
  private var wantsClosing = false
  /// Items of tasks that failed without effect, and when they go back: what was down for one is down for the next.
  private var resting: [(due: Instant, ends: [(index: Int, end: ItemsEnd)])] = []
  private var restTimer: LoopTimer?

  init(_ batch: BatchRecord, _ template: TaskTemplate?, _ sources: [PoolRecord?], _ book: PoolBook) {
    (self.batch, self.template, self.sources, self.book) = (batch, template, sources, book)
    batch.intake?.onStopped = { [weak self] in self?.stop() }
  }

  var id: UUIDv7 { batch.id }

  /// Tasks that may be made for it, so that nodes have always some to take and no more.
  var room: Int {
    guard let waiting = book.dispatcher.waitingTasks(of: batch.id) else { return 0 }
    return max(0, CoordinatorLimits.pooledTasksWaiting - waiting - takes.count - underWay)
  }

  var hasWork: Bool { !isRunning && (!takes.isEmpty || wantsClosing && batch.intake?.state == .open) }

  /// Names of pools that have no item for it.
  var missing: [String] { book.missing(of: batch.id) }

  /// The machine took items for its next tasks.
  func add(_ tasks: [[ItemUse]]) {
    takes += tasks
    book.queue(self)
  }

  /// Nothing more can come of its pools.
  func close() {
    wantsClosing = true
    // Without room for that, it is tried again when there is.
    batch.intake?.close { [weak self] problem in if problem != nil { self?.book.queueLater() } }
  }

  /// Tasks have their results, which are durable.
  func ended(_ ends: [(index: Int, end: ItemsEnd)]) {
    let failed = ends.filter { $0.end == .failed }
    guard !failed.isEmpty, batch.intake?.state == .open else { return book.feed(.ended(batch.id, ends)) }
    if failed.count < ends.count { book.feed(.ended(batch.id, ends.filter { $0.end != .failed })) }
    resting.append((book.loop.now + book.itemRest, failed))
    awaitRest()
  }

  private func awaitRest() {
    guard restTimer == nil, let first = resting.first else { return }
    restTimer = book.loop.schedule(at: first.due) { [weak self] in
      guard let self else { return }
      restTimer = nil
      let now = book.loop.now
      while let first = resting.first, first.due <= now {
        resting.removeFirst()
        book.feed(.ended(batch.id, first.ends))
      }
      awaitRest()
    }
  }

  /// Nobody waits for them any more.
  private func endRest() {
    restTimer?.cancel()
    restTimer = nil
    let ends = resting.flatMap(\.ends)
    resting = []
    if !ends.isEmpty { book.feed(.ended(batch.id, ends)) }
  }

  /// Calls `then` once the pools know for good what became of the items.
  func keepUses(_ then: @escaping () -> Void) {
    endRest()
    var left = sources.compactMap(\.self)
    func next() {
      guard let source = left.popLast() else { return then() }
      source.journal.makeUsesDurable { next() }
    }
    next()
  }

  func end() { book.ended(self) }

  private func stop() {
    endRest()
    if batch.intake?.state == .closed { wantsClosing = true }
    book.feed(.stopped(batch.id))
    giveBack()
  }

  /// What is no task yet goes back to its pools.
  func giveBack() {
    guard !takes.isEmpty else { return }
    returns += 1
    let tasks = takes
    takes = []
    book.feed(.unmade(batch.id, tasks))
  }

  // MARK: One round

  /// Makes some of its tasks, and calls `done`: others wait for their turn.
  func run(_ done: @escaping () -> Void) {
    guard !isRunning else { return done() }
    isRunning = true
    begin { [self] goesOn in
      isRunning = false
      if goesOn, hasWork { book.queue(self) } else if hasWork { book.queueLater() }
      done()
    }
  }

  /// - Parameter done: told whether it may go on at once.
  private func begin(_ done: @escaping (_ goesOn: Bool) -> Void) {
    guard let intake = batch.intake, intake.state == .open else {
      giveBack()
      return done(true)
    }
    guard let template else {
      giveBack()
      if wantsClosing { close() }
      return done(false)
    }
    guard book.hasRoom else { return done(false) }
    guard !takes.isEmpty else {
      if wantsClosing { close() }
      return done(false)
    }
    let before = returns
    read(Array(takes.prefix(atOnce)), []) { [self] part, found in
      // It was stopped meanwhile, or cannot read them now.
      guard let found, before == returns, intake.state == .open else { return done(false) }
      make(part, template, found, done)
    }
  }

  /// - Parameter then: gets the items of each source, or of fewer tasks where they are large; nil where they cannot be
  ///   read.
  private func read(
    _ part: [[ItemUse]], _ found: [[Int: ArraySlice<UInt8>]],
    _ then: @escaping ([[ItemUse]], [[Int: ArraySlice<UInt8>]]?) -> Void
  ) {
    guard found.count < sources.count else { return then(part, found) }
    let place = found.count
    guard let source = sources[place] else { return read(part, found + [[:]], then) }
    let numbers = Set(part.map { Int($0[place].item) }).sorted()
    let limit = part.count == 1 ? Int.max : CoordinatorLimits.pooledBytes
    source.journal.read(numbers, upTo: limit) { [self] read in
      // Items that cannot be read now are not lost: they wait for the next try.
      guard case .success(let (items, isCut)) = read else { return then(part, nil) }
      if isCut {
        atOnce = max(1, part.count / 16)
        return self.read(Array(part.prefix(atOnce)), [], then)
      }
      self.read(part, found + [items], then)
    }
  }

  private func make(
    _ part: [[ItemUse]], _ template: TaskTemplate, _ found: [[Int: ArraySlice<UInt8>]],
    _ done: @escaping (Bool) -> Void
  ) {
    var making = Making(template)
    for uses in part {
      making.add(uses, zip(uses, found).map { use, items in items[Int(use.item)] }, sources)
      if making.bytes >= CoordinatorLimits.pooledBytes { break }
    }
    atOnce = min(CoordinatorLimits.pooledTasksAtOnce, atOnce * 2)
    let made = Array(part.prefix(making.tasks.count))
    takes.removeFirst(made.count)
    underWay = made.count
    batch.intake?.add(
      BatchIntake.Call(
        making.tasks, making.table, hasIDs: making.hasIDs, taken: made, refusals: making.refusals,
        willAdd: { [self] first in book.feed(.made(batch.id, first: first, made)) }
      ) { [self] problem in
        underWay = 0
        if problem != nil { wasRefused(made) }
        done(problem == nil)
      })
  }

  private func wasRefused(_ tasks: [[ItemUse]]) {
    takes = tasks + takes
    guard batch.intake?.state == .open else { return giveBack() }
    if batch.journal.taskCount + tasks.count > TaskTable.countLimit { close() }
  }
}

/// Tasks as they are made of items.
private struct Making {
  let template: TaskTemplate
  private(set) var tasks: [TaskSpec] = []
  private(set) var table = TaskTable()
  private(set) var refusals: [Int: TaskEnd.Detail] = [:]
  private(set) var hasIDs = false
  private(set) var bytes = 0

  init(_ template: TaskTemplate) { self.template = template }

  /// - Parameter items: one of each source; nil for one that cannot be read.
  mutating func add(_ uses: [ItemUse], _ items: [ArraySlice<UInt8>?], _ sources: [PoolRecord?]) {
    func name(_ place: Int) -> String { "item \(uses[place].item) of pool \(sources[place]?.name ?? "?")" }
    if let lost = items.firstIndex(where: { $0 == nil }) {
      return refuse(.failure(.internal, message: "the journal has lost \(name(lost)); bring it again"))
    }
    do throws(TaskTemplate.Refusal) {
      append(try template.spec(of: items.compactMap { $0.map { JSONValue(trusted: $0) } }))
    } catch {
      let which = error.source.map(name) ?? uses.indices.map(name).joined(separator: ", ")
      refuse(.failure(.badArguments, message: "\(error.message) (\(which))"))
    }
  }

  private mutating func append(_ spec: TaskSpec) {
    tasks.append(spec)
    table.append(spec)
    hasIDs = hasIDs || spec.id != nil
    bytes += spec.bytes.count + CoordinatorLimits.gatheredTaskBytes
  }

  private mutating func refuse(_ why: TaskEnd.Detail) {
    refusals[tasks.count] = why
    append(template.refused)
    table.restore(tasks.count - 1, as: .error, attempts: 0)
  }
}
