import Batch
import Clockwork
import Loop
import Net

/// What comes to a pool: calls with items, from any number of sources, and its closing.
///
/// As in `BatchIntake`: calls are written one after the other, each with its own end behind it, and count once that is
/// durable.
/// Guarded by: the loop's thread.
final class PoolIntake: @unchecked Sendable {
  /// One call's items, or the closing.
  ///
  /// Guarded by: the loop's thread.
  final class Call: @unchecked Sendable {
    fileprivate var items: [ArraySlice<UInt8>]
    fileprivate let use: Pool.Use
    fileprivate let addition: BatchManifest.Addition?
    fileprivate let isClosing: Bool
    fileprivate let count: Int
    /// Where the journal stood before it; nil until it is written.
    fileprivate var mark: PoolJournal.Mark?
    fileprivate var answer: (Problem?) -> Void

    /// - Parameters:
    ///   - use: how the items are used, if nobody has said so before.
    ///   - answer: told once it is durable, or why nothing of it was kept.
    init(
      _ items: [ArraySlice<UInt8>], _ use: Pool.Use, addition: BatchManifest.Addition?,
      _ answer: @escaping (Problem?) -> Void
    ) {
      (self.items, self.use, self.addition, count) = (items, use, addition, items.count)
      (isClosing, self.answer) = (false, answer)
    }

    fileprivate init(closing answer: @escaping (Problem?) -> Void) {
      (items, use, addition, count, isClosing, self.answer) = ([], .undecided, nil, 0, true, answer)
    }
  }

  private unowned let pool: PoolRecord
  private unowned let book: PoolBook
  private(set) var isClosed: Bool
  private var queue: [Call] = []
  private var isWriting = false
  /// Written, and not durable yet.
  private var written: [Call] = []

  init(_ pool: PoolRecord, _ book: PoolBook, isClosed: Bool) {
    (self.pool, self.book, self.isClosed) = (pool, book, isClosed)
  }

  /// Whether nothing is on its way.
  var isIdle: Bool { queue.isEmpty && written.isEmpty }

  func add(_ call: Call) {
    guard !isClosed else { return call.answer(.closedPool(pool.name)) }
    guard pool.journal.count + queue.reduce(call.count, { $0 + $1.count }) <= PoolLimits.items else {
      return call.answer(.poolFull)
    }
    enqueue(call)
  }

  /// Closes it for good; `answer` is told once that is durable.
  func close(_ answer: @escaping (Problem?) -> Void) {
    if let first = (written + queue).first(where: \.isClosing) {
      // What becomes of that becomes of this one.
      let former = first.answer
      first.answer = { problem in
        former(problem)
        answer(problem)
      }
      return
    }
    guard !isClosed else { return answer(nil) }
    isClosed = true
    enqueue(Call(closing: answer))
  }

  private func enqueue(_ call: Call) {
    queue.append(call)
    writeNext()
  }

  private func writeNext() {
    guard !isWriting, let call = queue.first else { return }
    isWriting = true
    call.mark = pool.journal.mark()
    if pool.use == .undecided { pool.decide(call.use) }
    write(call, from: 0)
  }

  /// In slices, so that the loop serves others in between.
  private func write(_ call: Call, from start: Int) {
    var (end, bytes) = (start, 0)
    while end < call.count, bytes < JournalLimits.commitBytes {
      bytes += call.items[end].count + CoordinatorLimits.gatheredTaskBytes
      pool.journal.append(item: call.items[end])
      end += 1
    }
    guard end == call.count else {
      let next = end
      return book.loop.execute { [self] in
        // It was given up meanwhile.
        if queue.first === call { write(call, from: next) }
      }
    }
    if call.isClosing { pool.journal.appendClosed() } else { pool.journal.accept(call.addition) }
    call.items = []
    queue.removeFirst()
    written.append(call)
    isWriting = false
    pool.journal.makeItemsDurable { [self] in settle(call) }
    writeNext()
  }

  private func settle(_ call: Call) {
    // It was given up meanwhile.
    guard written.first === call else { return }
    written.removeFirst()
    if call.isClosing { book.closed(pool) } else { book.added(call.count, to: pool, call.addition) }
    call.answer(nil)
  }

  /// Takes back all that is not durable: there is no room for it.
  func giveUp(_ problem: Problem) {
    let calls = written + queue
    guard let first = calls.first else { return }
    (written, queue, isWriting) = ([], [], false)
    for call in calls where call.isClosing { isClosed = false }
    // Who hears that nothing was kept may send it again: so not before it is gone from the disk.
    let answer = { for call in calls { call.answer(problem) } }
    if let mark = first.mark { pool.journal.cut(to: mark, answer) } else { answer() }
    // Who brings the first items says anew how they are used.
    if pool.journal.count == 0 { pool.decide(.undecided) }
  }
}

extension Problem {
  static func closedPool(_ name: String) -> Problem {
    Problem(
      status: 409, code: "pool_closed", title: "The pool takes no more items",
      detail: "The pool \(name) was closed. Nothing was added; bring these items to a pool of another name, or delete "
        + "this one first.")
  }

  static let poolFull = Problem(
    status: 409, code: "pool_full", title: "The pool is full",
    detail: "A pool takes at most \(PoolLimits.items) items; bring these to another one.")
}
