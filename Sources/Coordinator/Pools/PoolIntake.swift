import Batch
import Clockwork
import Loop
import Net

/// What comes to a pool: calls with items, from any number of sources, and its closing.
///
/// Guarded by: the loop's thread.
final class PoolIntake: @unchecked Sendable {
  /// One call's items, or the closing.
  ///
  /// Guarded by: the loop's thread.
  final class Call: JournalCall, @unchecked Sendable {
    fileprivate var items: [ArraySlice<UInt8>]
    fileprivate let use: Pool.Use
    fileprivate let addition: BatchManifest.Addition?
    let isClosing: Bool
    fileprivate let count: Int
    /// Where the journal stood before it; nil until it is written.
    fileprivate var mark: PoolJournal.Mark?
    var answer: (Problem?) -> Void

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
  private lazy var calls = CallQueue<Call>(
    on: book.loop,
    CallQueue.Steps(
      begin: { [unowned self] in begin($0) },
      write: { [unowned self] in write($0, from: $1) },
      makeDurable: { [unowned self] in pool.journal.makeItemsDurable($0) },
      settle: { [unowned self] in
        if $0.isClosing { book.closed(pool) } else { book.added($0.count, to: pool, $0.addition) }
      },
      takeBack: { [unowned self] call, then in
        if let mark = call.mark { pool.journal.cut(to: mark, then) } else { then() }
      }))

  init(_ pool: PoolRecord, _ book: PoolBook, isClosed: Bool) {
    (self.pool, self.book, self.isClosed) = (pool, book, isClosed)
  }

  /// Whether nothing is on its way.
  var isIdle: Bool { calls.isEmpty }

  func add(_ call: Call) {
    guard !isClosed else { return call.answer(.closedPool(pool.name)) }
    guard pool.journal.count + calls.waiting.reduce(call.count, { $0 + $1.count }) <= PoolLimits.items else {
      return call.answer(.poolFull)
    }
    calls.append(call)
  }

  /// Closes it for good; `answer` is told once that is durable.
  func close(_ answer: @escaping (Problem?) -> Void) {
    guard !calls.join(closing: answer) else { return }
    guard !isClosed else { return answer(nil) }
    isClosed = true
    calls.append(Call(closing: answer))
  }

  private func begin(_ call: Call) {
    call.mark = pool.journal.mark()
    if pool.use == .undecided { pool.decide(call.use) }
  }

  private func write(_ call: Call, from start: Int) -> Int? {
    var (end, bytes) = (start, 0)
    while end < call.count, bytes < JournalLimits.commitBytes {
      bytes += call.items[end].count + CoordinatorLimits.gatheredTaskBytes
      pool.journal.append(item: call.items[end])
      end += 1
    }
    guard end == call.count else { return end }
    if call.isClosing { pool.journal.appendClosed() } else { pool.journal.accept(call.addition) }
    call.items = []
    return nil
  }

  /// Takes back all that is not durable: there is no room for it.
  func giveUp(_ problem: Problem) {
    if calls.isClosing { isClosed = false }
    calls.giveUp(problem)
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
