/// A slot and which of its tenants is meant: a key to a tenant that has left finds nobody.
package struct SlotKey: Hashable, Sendable {
  package let slot: UInt32
  package let generation: UInt32
}

/// Values in numbered slots that are used again.
struct SlotTable<Element: Sendable>: Sendable {
  private var elements: [Element?] = []
  private var generations: [UInt32] = []
  private var free: [Int] = []

  /// The slots in use, ascending.
  var slots: [Int] { elements.indices.filter { elements[$0] != nil } }

  mutating func insert(_ element: Element) -> SlotKey {
    let slot = free.popLast() ?? elements.count
    if slot == elements.count {
      elements.append(element)
      generations.append(0)
    } else {
      elements[slot] = element
    }
    return key(of: slot)
  }

  mutating func remove(_ slot: Int) {
    elements[slot] = nil
    generations[slot] &+= 1
    free.append(slot)
  }

  func key(of slot: Int) -> SlotKey { SlotKey(slot: UInt32(slot), generation: generations[slot]) }

  /// The slot of a tenant that is still there.
  func slot(of key: SlotKey) -> Int? {
    let slot = Int(key.slot)
    return slot < elements.count && generations[slot] == key.generation && elements[slot] != nil ? slot : nil
  }

  func contains(_ slot: Int) -> Bool { slot < elements.count && elements[slot] != nil }

  /// Traps for an empty slot.
  subscript(slot: Int) -> Element {
    get { elements[slot]! }
    _modify { yield &elements[slot]! }
  }
}
