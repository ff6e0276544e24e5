internal import Loop

/// Who can wait until the pool has room.
protocol RoomWaiter: AnyObject {
  /// For its next task.
  var neededBytes: Int { get }
  /// There may be room again, or the pool drains: time to ask.
  func roomIsBack()
}

/// Room in a pool that is spoken for.
struct PoolRoom {
  var reservedTasks = 0
  var reservedBytes = 0
  /// In the order in which they came.
  var waiters = FIFO<any RoomWaiter>()
  var isOfferDue = false
}

extension TaskPool {
  /// Whether as many more tasks can be taken, all of them or none.
  package func checkRoom(tasks: Int, bytes: Int) throws(PoolRefusal) {
    loop.assertCurrent()
    guard !isDraining else { throw .draining }
    let free = 2 * capacity - table.running - table.queued - room.reservedTasks
    guard tasks <= free else { throw .full(capacity: capacity, room: max(0, free), tasks: tasks) }
    let held = heldBytes + room.reservedBytes
    guard held + bytes <= Limits.heldBytes else { throw .heavy(bytes: held) }
  }

  // MARK: Waiting

  var hasRoomWaiters: Bool { !room.waiters.isEmpty }

  /// Tells the waiter once, in its turn.
  func wait(forRoom waiter: any RoomWaiter) {
    room.waiters.append(waiter)
    offerRoom()
  }

  func forget(roomWaiter: any RoomWaiter) {
    room.waiters.removeAll { $0 === roomWaiter }
    offerRoom()
  }

  /// Gives what room there is to those who wait for it, the first of them first, at the end of this turn.
  func offerRoom() {
    guard hasRoomWaiters, !room.isOfferDue else { return }
    room.isOfferDue = true
    loop.execute { [self] in
      room.isOfferDue = false
      while let first = room.waiters.first, isDraining || hasRoom(for: first) {
        _ = room.waiters.popFirst()
        first.roomIsBack()
      }
    }
  }

  private func hasRoom(for waiter: any RoomWaiter) -> Bool {
    do throws(PoolRefusal) { try checkRoom(tasks: 1, bytes: waiter.neededBytes) } catch { return false }
    return true
  }
}
