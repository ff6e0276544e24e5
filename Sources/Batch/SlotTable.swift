/// A slot and which of its tenants is meant: a key to a tenant that has left finds nobody.
package struct SlotKey: Hashable, Sendable {
  package let slot: UInt32
  package let generation: UInt32
}

/// Values in numbered slots that are used again.
///
/// The elements are not optional: from an optional one, reading a field copies all of it, and a batch has many.
struct SlotTable<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  /// Odd while the slot is in use.
  private var generations: [UInt32] = []
  private var free: [Int] = []
  /// What stands in an empty slot.
  private let vacant: Element

  init(vacant: Element) { self.vacant = vacant }

  /// The slots in use, ascending.
  var slots: [Int] { elements.indices.filter { contains($0) } }

  mutating func insert(_ element: Element) -> SlotKey {
    let slot = free.popLast() ?? elements.count
    if slot == elements.count {
      elements.append(element)
      generations.append(1)
    } else {
      elements[slot] = element
      generations[slot] &+= 1
    }
    return key(of: slot)
  }

  mutating func remove(_ slot: Int) {
    elements[slot] = vacant
    generations[slot] &+= 1
    free.append(slot)
  }

  func key(of slot: Int) -> SlotKey { SlotKey(slot: UInt32(slot), generation: generations[slot]) }

  /// The slot of a tenant that is still there.
  func slot(of key: SlotKey) -> Int? {
    let slot = Int(key.slot)
    return slot < elements.count && generations[slot] == key.generation && contains(slot) ? slot : nil
  }

  func contains(_ slot: Int) -> Bool { slot < elements.count && generations[slot] & 1 == 1 }

  /// Traps for an empty slot.
  subscript(slot: Int) -> Element {
    @inline(__always) _read {
      precondition(generations[slot] & 1 == 1, "slot \(slot) is empty")
      yield elements[slot]
    }
    @inline(__always) _modify {
      precondition(generations[slot] & 1 == 1, "slot \(slot) is empty")
      yield &elements[slot]
    }
  }
}
