import Clockwork

/// A piece of work with a deadline on a loop.
package final class LoopTimer: @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it.
  private unowned let loop: EventLoop
  fileprivate let deadline: Instant
  fileprivate var index = LoopTimer.outside
  private var work: (() -> Void)?

  fileprivate static let outside = -1

  init(loop: EventLoop, deadline: Instant, work: @escaping () -> Void) {
    (self.loop, self.deadline, self.work) = (loop, deadline, work)
  }

  /// Nothing happens when the timer has fired or was cancelled before.
  package func cancel() {
    if index != Self.outside { loop.remove(self) }
    work = nil
  }

  package var isPending: Bool { index != Self.outside }

  func fire() {
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
    let order: UInt64
    let timer: LoopTimer

    func isBefore(_ other: Entry) -> Bool { (deadline, order) < (other.deadline, other.order) }
  }

  private var entries: [Entry] = []
  private var nextOrder: UInt64 = 0

  var earliest: Instant? { entries.first?.deadline }
  var count: Int { entries.count }

  mutating func insert(_ timer: LoopTimer) {
    entries.append(Entry(deadline: timer.deadline, order: nextOrder, timer: timer))
    nextOrder += 1
    rise(from: entries.count - 1)
  }

  mutating func popDue(at now: Instant) -> LoopTimer? {
    guard let first = entries.first, first.deadline <= now else { return nil }
    removeEntry(at: 0)
    return first.timer
  }

  mutating func remove(_ timer: LoopTimer) { removeEntry(at: timer.index) }

  private mutating func removeEntry(at index: Int) {
    entries[index].timer.index = LoopTimer.outside
    let last = entries.removeLast()
    guard index < entries.count else { return }
    place(last, at: index)
    rise(from: index)
    sink(from: last.timer.index)
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
    entry.timer.index = index
  }
}
