import Clockwork

/// What lies ahead in a virtual world, by time; at one time in the order in which it was planned.
///
/// A heap as the machine's `TimerQueue`. One generic type for both would have to live in another module, where it is
/// not specialised: a simulation takes nearly twice as long with it.
struct EventHeap<Event> {
  private struct Entry {
    let time: Instant
    let order: UInt64
    let event: Event
  }

  private var heap: [Entry] = []
  private var orders: UInt64 = 0

  var nextTime: Instant? { heap.first?.time }

  mutating func plan(_ event: Event, at time: Instant) {
    orders += 1
    heap.append(Entry(time: time, order: orders, event: event))
    var child = heap.count - 1
    while child > 0, isBefore(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> (time: Instant, event: Event)? {
    guard let first = heap.first else { return nil }
    heap.swapAt(0, heap.count - 1)
    heap.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in 2 * parent + 1..<2 * parent + 3 where child < heap.count && isBefore(child, least) { least = child }
      guard least != parent else { return (first.time, first.event) }
      heap.swapAt(parent, least)
      parent = least
    }
  }

  private func isBefore(_ left: Int, _ right: Int) -> Bool {
    (heap[left].time, heap[left].order) < (heap[right].time, heap[right].order)
  }
}
