import Synchronization

/// What other threads leave for a loop, in the order of each thread's calls: a stack that is pushed with one
/// compare-and-swap and taken as a whole, so that no task waits for a lock on its way to another loop.
///
/// (Treiber, "Systems Programming: Coping with Parallelism", 1986. Nodes are never popped one by one, hence no ABA.)
final class Inbox: @unchecked Sendable {
  // Guarded by: whoever took or made it owns a node; a node that is pushed is not written to any more.
  private struct Node {
    let work: EventLoop.Work
    var next: UnsafeMutablePointer<Node>?
  }

  private let top = Atomic<UnsafeMutablePointer<Node>?>(nil)

  deinit { _ = take() }

  var isEmpty: Bool { top.load(ordering: .relaxed) == nil }

  /// Returns whether the loop must be woken: it has taken everything that came before.
  func push(_ work: EventLoop.Work) -> Bool {
    let node = UnsafeMutablePointer<Node>.allocate(capacity: 1)  // Owned by: the stack, then by `take()`.
    node.initialize(to: Node(work: work, next: top.load(ordering: .relaxed)))
    while true {
      let expected = node.pointee.next
      let (exchanged, found) = top.compareExchange(
        expected: expected, desired: node, successOrdering: .releasing, failureOrdering: .relaxed)
      if exchanged { return expected == nil }
      node.pointee.next = found
    }
  }

  /// Everything, the oldest first.
  func take() -> [EventLoop.Work] {
    guard !isEmpty else { return [] }
    var work: [EventLoop.Work] = []
    var next = top.exchange(nil, ordering: .acquiring)  // Owned by: this call, which frees every node.
    while let node = next {
      let taken = node.move()
      node.deallocate()
      work.append(taken.work)
      next = taken.next
    }
    work.reverse()
    return work
  }
}
