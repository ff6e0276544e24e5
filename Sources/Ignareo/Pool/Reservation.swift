/// Room that is kept for tasks while they are read, so that not each of several readers counts on the same.
///
/// Guarded by: the pool's loop. To be released before its tasks are registered, or once they never will be.
final class Reservation {
  private let pool: TaskPool
  private var tasks = 0
  private var bytes = 0

  init(_ pool: TaskPool) { self.pool = pool }

  /// Makes it as large as that. What it had it keeps when there is no more.
  func grow(tasks: Int, bytes: Int) throws(PoolRefusal) {
    try pool.checkRoom(tasks: tasks - self.tasks, bytes: bytes - self.bytes)
    resize(tasks, bytes)
  }

  func release() {
    guard tasks > 0 else { return }
    resize(0, 0)
    pool.offerRoom()
  }

  private func resize(_ tasks: Int, _ bytes: Int) {
    pool.room.reservedTasks += tasks - self.tasks
    pool.room.reservedBytes += bytes - self.bytes
    (self.tasks, self.bytes) = (tasks, bytes)
  }
}
