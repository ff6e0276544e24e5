import Clockwork

/// What fires when its time has come. Small, since a hundred thousand may sleep: it knows neither its deadline nor its
/// loop.
///
/// Guarded by: the loop's thread.
package class HeapTimer: @unchecked Sendable {
  /// Its place in the heap.
  fileprivate var index: Int32 = HeapTimer.outside
  /// Counts insertions, and goes round.
  fileprivate var order: UInt32 = 0

  fileprivate static let outside: Int32 = -1

  package final var isPending: Bool { index != Self.outside }

  func fire() { preconditionFailure("a timer that does nothing") }
}

/// A piece of work with a deadline on a loop. Guarded by: the loop's thread; each entry asserts it.
package final class LoopTimer: HeapTimer, @unchecked Sendable {
  private unowned let loop: EventLoop
  private var work: (() -> Void)?

  init(loop: EventLoop, work: @escaping () -> Void) { (self.loop, self.work) = (loop, work) }

  /// Nothing happens when the timer has fired or was cancelled before.
  package func cancel() {
    if isPending { loop.remove(self) }
    work = nil
  }

  override func fire() {
    let work = self.work
    self.work = nil
    work?()
  }
}

/// A binary heap of timers by deadline; equal deadlines fire in the order of their insertion. Each timer knows its
/// place, so that cancelling takes O(log n) and leaves nothing behind.
struct TimerHeap {
  private struct Entry {
    let deadline: Instant
    let timer: HeapTimer

    func isBefore(_ other: Entry) -> Bool {
      guard deadline == other.deadline else { return deadline < other.deadline }
      return Int32(bitPattern: timer.order &- other.timer.order) < 0
    }
  }

  private var entries: [Entry] = []
  private var nextOrder: UInt32 = 0

  var earliest: Instant? { entries.first?.deadline }
  var count: Int { entries.count }

  mutating func insert(_ timer: HeapTimer, at deadline: Instant) {
    timer.order = nextOrder
    nextOrder &+= 1
    entries.append(Entry(deadline: deadline, timer: timer))
    rise(from: entries.count - 1)
  }

  mutating func popDue(at now: Instant) -> HeapTimer? {
    guard let first = entries.first, first.deadline <= now else { return nil }
    removeEntry(at: 0)
    return first.timer
  }

  mutating func remove(_ timer: HeapTimer) { removeEntry(at: Int(timer.index)) }

  private mutating func removeEntry(at index: Int) {
    entries[index].timer.index = HeapTimer.outside
    let last = entries.removeLast()
    guard index < entries.count else { return }
    place(last, at: index)
    rise(from: index)
    sink(from: Int(last.timer.index))
  }

  private mutating func rise(from start: Int) {
    var index = start
    let entry = entries[index]
    while index > 0 {
      let parent = (index - 1) / 2
      guard entry.isBefore(entries[parent]) else { break }
      place(entries[parent], at: index)
      index = parent
    }
    place(entry, at: index)
  }

  private mutating func sink(from start: Int) {
    var index = start
    let entry = entries[index]
    while true {
      var child = 2 * index + 1
      guard child < entries.count else { break }
      if child + 1 < entries.count, entries[child + 1].isBefore(entries[child]) { child += 1 }
      guard entries[child].isBefore(entry) else { break }
      place(entries[child], at: index)
      index = child
    }
    place(entry, at: index)
  }

  private mutating func place(_ entry: Entry, at index: Int) {
    entries[index] = entry
    entry.timer.index = Int32(truncatingIfNeeded: index)
  }
}
