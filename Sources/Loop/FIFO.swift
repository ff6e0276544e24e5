/// A queue whose both ends cost the same however long it is.
///
/// Public, though no product shows it: of what is generic and `package` the compiler shows other modules no code, and
/// each of their calls would look the type's metadata up.
public struct FIFO<Element> {
  @usableFromInline var elements: [Element?] = []
  @usableFromInline var start = 0

  @inlinable public init() {}

  @inlinable @inline(__always) public var isEmpty: Bool { start == elements.count }
  @inlinable @inline(__always) public var count: Int { elements.count - start }

  @inlinable public var first: Element? { start < elements.count ? elements[start] : nil }

  @inlinable public mutating func append(_ element: Element) { elements.append(element) }

  @inlinable public mutating func removeAll(where isUnwanted: (Element) -> Bool) {
    elements = elements[start...].filter { $0.map { !isUnwanted($0) } ?? false }
    start = 0
  }

  @inlinable public mutating func popFirst() -> Element? {
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
