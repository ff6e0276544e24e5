import Batch
import Clockwork
import Loop

/// Pools that are of no more use make way.
extension PoolBook {
  /// Whether it is of no more use: nobody takes from it, and nothing is left to be taken.
  private func isUsedUp(_ pool: PoolRecord) -> Bool {
    let state = state(of: pool)
    return state.isExhausted && !state.isLent && pool.claims == 0 && pool.intake.isIdle && batches(of: pool).isEmpty
  }

  /// Drops pools that were used up for as long as ended batches are kept.
  func dropOld(at now: Timestamp) {
    for pool in byName.values {
      pool.usedUpSince = isUsedUp(pool) ? pool.usedUpSince ?? now : nil
    }
    let age = dispatcher.book.keep.age.inNanoseconds / 1_000_000
    while dropUsedUp(since: Timestamp(milliseconds: now.milliseconds - age)) {}
  }

  /// Drops the oldest one that is used up, or was so already then; false when there is none.
  func dropUsedUp(since time: Timestamp?) -> Bool {
    let pool = byName.values.filter { pool in
      guard let time else { return isUsedUp(pool) }
      return pool.usedUpSince.map { $0 < time } == true && isUsedUp(pool)
    }.min { $0.id < $1.id }
    guard let pool else { return false }
    log.info("pool_dropped", ["pool": pool.name, "why": "it is closed and used up"])
    remove(pool)
    return true
  }
}
