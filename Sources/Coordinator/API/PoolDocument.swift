import Batch
import Clockwork
import JSON

/// `GET /pools/{name}` as JSON.
enum PoolDocument {
  static func bytes(of pool: PoolRecord, _ book: PoolBook) -> [UInt8] {
    var writer = JSONWriter()
    write(pool, book, into: &writer)
    return writer.bytes
  }

  /// Of items that are used once: `items = free + leased + used + failed`. Of items that are lent, `free` are those
  /// with a loan left and `leased` is how many loans there are.
  static func write(_ pool: PoolRecord, _ book: PoolBook, into writer: inout JSONWriter) {
    let state = book.state(of: pool)
    assert(
      state.isLent || state.count == state.free + state.leased + state.used + state.failed, "\(pool.name): \(state)")
    writer.object {
      $0.member("name", pool.name)
      $0.member("state", state.isClosed ? "closed" : "open")
      if case .lent(let most) = pool.use { $0.member("reuse", most) }
      $0.member("items", state.count)
      $0.member("free", state.free)
      $0.member("leased", state.leased)
      $0.member("used", state.used)
      $0.member("returned", state.returned)
      $0.member("failed", state.failed)
      $0.member("bytes", pool.journal.byteCount)
      if let damage = pool.damage {
        $0.member("damaged", true)
        $0.member("damage", damage)
      }
      $0.member("created_at", pool.manifest.createdAt.rfc3339)
      $0.member("batches", book.batches(of: pool).map(\.text))
    }
  }
}
