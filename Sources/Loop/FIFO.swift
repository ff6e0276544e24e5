/// A queue whose both ends cost the same however long it is.
package struct FIFO<Element> {
  @usableFromInline var elements: [Element?] = []
  @usableFromInline var start = 0

  @inlinable package init() {}

  @inlinable package var isEmpty: Bool { start == elements.count }
  @inlinable package var count: Int { elements.count - start }

  @inlinable package mutating func append(_ element: Element) { elements.append(element) }

  @inlinable package mutating func removeAll(where isUnwanted: (Element) -> Bool) {
    elements = elements[start...].filter { $0.map { !isUnwanted($0) } ?? false }
    start = 0
  }

  @inlinable package mutating func popFirst() -> Element? {
    guard start < elements.count else { return nil }
    defer {
      elements[start] = nil
      start += 1
      if start == elements.count {
        elements.removeAll(keepingCapacity: start <= 64)
        start = 0
      } else if start > 64, start > elements.count / 2 {
        elements.removeFirst(start)
        start = 0
      }
    }
    return elements[start]
  }
}
