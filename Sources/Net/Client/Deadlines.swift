import Clockwork
import Loop

/// When transfers run out of time.
///
/// Transfers with one and the same timeout run out in the order in which they began: a linked list for each timeout,
/// and a timer for the head of each, where a heap of timers would cost every request an insertion and a removal.
struct Deadlines {
  private var lists: [Duration: DeadlineList] = [:]

  mutating func add(_ transfer: HTTPTransfer, after timeout: Duration) {
    if let list = lists[timeout] { return list.append(transfer) }
    // Timeouts of every size would leave a list each.
    if lists.count >= 64 { lists = lists.filter { !$0.value.isEmpty } }
    let list = DeadlineList(timeout)
    lists[timeout] = list
    list.append(transfer)
  }
}

/// Guarded by: the loop of the transfers in it.
final class DeadlineList {
  private let timeout: Duration
  // Guarded by: the client's list of transfers, which a transfer leaves after this one.
  private unowned(unsafe) var first: HTTPTransfer?
  private unowned(unsafe) var last: HTTPTransfer?
  private var timer: LoopTimer?

  init(_ timeout: Duration) { self.timeout = timeout }

  var isEmpty: Bool { first == nil }

  func append(_ transfer: HTTPTransfer) {
    transfer.deadlineList = self
    transfer.previous = last
    if let last { last.next = transfer } else { first = transfer }
    last = transfer
    arm()
  }

  func remove(_ transfer: HTTPTransfer) {
    if let previous = transfer.previous { previous.next = transfer.next } else { first = transfer.next }
    if let next = transfer.next { next.previous = transfer.previous } else { last = transfer.previous }
    (transfer.previous, transfer.next, transfer.deadlineList) = (nil, nil, nil)
  }

  /// A timer that runs already is early enough; it looks again when it fires.
  private func arm() {
    guard timer == nil, let first else { return }
    timer = first.client.loop.schedule(at: first.startedAt + timeout) { [self] in fire() }
  }

  private func fire() {
    timer = nil
    while let transfer = first, transfer.startedAt + timeout <= transfer.client.loop.now {
      // Whatever becomes of the transfer, the list has gone on.
      remove(transfer)
      transfer.isOutOfTime()
    }
    arm()
  }
}
