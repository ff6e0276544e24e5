/// One pool inside the machine. A fresh item costs nothing, one that is lent two bytes and its place in a line; the
/// items themselves are elsewhere.
package struct Pool: Sendable {
  /// How items are used.
  package enum Use: Sendable, Equatable {
    /// Nobody has said so yet: there is no item.
    case undecided
    case once
    /// By up to so many tasks at a time, and put back whatever becomes of them.
    case lent(Int)
  }

  package internal(set) var use: Use
  package internal(set) var isClosed = false
  /// Items that ever came.
  package internal(set) var count = 0
  /// Items that tasks hold; of a pool that lends, how many times.
  package internal(set) var leased = 0
  package internal(set) var used = 0
  /// Items whose tasks failed without effect too often.
  package internal(set) var failed = 0
  /// How often items went back because their task had no effect.
  package internal(set) var returned = 0
  /// The first item that nobody ever took.
  var next: UInt32 = 0
  /// Items that were taken and are free again, in the order in which they are to be taken: before fresh ones.
  var back = Fifo<ItemUse>()
  /// By item, how many tasks hold it.
  var loans: [UInt16] = []
  /// Items with a loan left, those that were lent the longest time ago first.
  var lendable = Fifo<UInt32>()
  /// Those of them that an earlier coordinator has lent out: taking each out of the line would look at all of it.
  var lentBefore: Set<UInt32> = []
  /// Batches that take from it now.
  var takers: Set<Int> = []

  package init(_ use: Use = .undecided) { self.use = use }

  /// Items that can be taken now.
  package var free: Int {
    if case .lent = use { return lendable.count - lentBefore.count }
    return count - Int(next) + back.count
  }

  /// Whether nothing can be taken any more, ever. What is leased may come back.
  package var isExhausted: Bool {
    guard isClosed else { return false }
    if case .lent = use { return count == 0 }
    return free == 0 && leased == 0
  }

  package var isLent: Bool { if case .lent = use { true } else { false } }

  mutating func add(_ more: Int) {
    if case .lent = use {
      loans += repeatElement(0, count: more)
      for item in count..<count + more { lendable.append(UInt32(item)) }
    }
    count += more
  }

  /// Takes an item of a pool that has one.
  mutating func take() -> ItemUse {
    leased += 1
    guard case .lent(let most) = use else {
      if var item = back.popFirst() {
        item.use += 1
        return item
      }
      next += 1
      return ItemUse(item: next - 1, use: 1)
    }
    var item = lendable.popFirst()
    while let lent = item, lentBefore.remove(lent) != nil { item = lendable.popFirst() }
    guard let item else { preconditionFailure("nothing to lend") }
    loans[Int(item)] += 1
    if loans[Int(item)] < most { lendable.append(item) }
    return ItemUse(item: item)
  }

  /// Takes back what was taken for a task that was not made. The use stays counted: what was written of it and taken
  /// back must never be mistaken for the next one.
  mutating func untake(_ item: ItemUse) {
    guard !isLent else { return putBack(item.item) }
    leased -= 1
    guard item.use < PoolLimits.uses else {
      failed += 1
      return
    }
    back.append(item)
  }

  /// The end of a use.
  ///
  /// - Returns: whether that is to be kept.
  mutating func settle(_ item: ItemUse, _ end: ItemsEnd) -> Bool {
    guard !isLent else {
      putBack(item.item)
      return false
    }
    leased -= 1
    note(item, end)
    return true
  }

  /// What became of a use that is not counted as leased.
  mutating func note(_ item: ItemUse, _ end: ItemsEnd) {
    var item = item
    switch end {
    case .used:
      used += 1
      return
    case .failed: item.failures += 1
    case .unsent: break
    }
    guard item.failures < PoolLimits.failures, item.use < PoolLimits.uses else {
      failed += 1
      return
    }
    returned += 1
    back.append(item)
  }

  private mutating func putBack(_ item: UInt32) {
    leased -= 1
    guard case .lent(let most) = use else { return }
    loans[Int(item)] -= 1
    // One with a loan left stands in line already.
    if Int(loans[Int(item)]) == most - 1, lentBefore.remove(item) == nil { lendable.append(item) }
  }

  /// An item that a task holds which an earlier coordinator made.
  mutating func lend(_ item: UInt32) {
    guard case .lent(let most) = use, Int(item) < count else { return }
    leased += 1
    loans[Int(item)] += 1
    // More than may hold it, if there are now fewer loans than then.
    if Int(loans[Int(item)]) == most { lentBefore.insert(item) }
  }
}
