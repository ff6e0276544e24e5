/// What is due at some time, the earliest first; at one time in the order in which it was put in. A binary heap.
///
/// Inlinable: a simulation of thousands of members spends much of its time here, and a generic type of another module
/// is slow where it is not specialised.
package struct DeadlineHeap<Value> {
  @usableFromInline
  package struct Entry {
    @usableFromInline let deadline: Instant
    @usableFromInline let order: UInt64
    @usableFromInline let value: Value

    @inlinable
    init(deadline: Instant, order: UInt64, value: Value) {
      (self.deadline, self.order, self.value) = (deadline, order, value)
    }

    @inlinable
    func isBefore(_ other: Entry) -> Bool {
      deadline == other.deadline ? order < other.order : deadline < other.deadline
    }
  }

  @usableFromInline var entries: [Entry] = []
  @usableFromInline var lastOrder: UInt64 = 0

  @inlinable
  package init() {}

  @inlinable
  package var count: Int { entries.count }

  @inlinable
  package var next: Instant? { entries.first?.deadline }

  @inlinable
  package mutating func put(_ value: Value, at deadline: Instant) {
    lastOrder += 1
    entries.append(Entry(deadline: deadline, order: lastOrder, value: value))
    var child = entries.count - 1
    while child > 0, entries[child].isBefore(entries[(child - 1) / 2]) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  @inlinable
  package mutating func pop() -> (deadline: Instant, value: Value)? {
    guard let first = entries.first else { return nil }
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    var parent = 0
    while true {
      var least = parent
      for child in 2 * parent + 1..<2 * parent + 3 where child < entries.count {
        if entries[child].isBefore(entries[least]) { least = child }
      }
      guard least != parent else { return (first.deadline, first.value) }
      entries.swapAt(parent, least)
      parent = least
    }
  }

  @inlinable
  package mutating func removeAll() { entries.removeAll() }

  /// Drops what `isWanted` refuses.
  @inlinable
  package mutating func keep(_ isWanted: (Value) -> Bool) {
    // A sorted array is a heap.
    entries = entries.filter { isWanted($0.value) }.sorted { $0.isBefore($1) }
  }
}

extension DeadlineHeap: Sendable where Value: Sendable {}
extension DeadlineHeap.Entry: Sendable where Value: Sendable {}
