import Batch
import Clockwork

/// A pool as the API knows it; what is free in it the machine knows.
///
/// Guarded by: the loop's thread.
final class PoolRecord {
  private(set) var manifest: PoolManifest
  let journal: PoolJournal
  private(set) var intake: PoolIntake!
  /// Batches that are being submitted and will take from it.
  var claims = 0
  /// When it was first seen closed, used up and taken from by nobody.
  var usedUpSince: Timestamp?
  /// What of its logs was lost, for people; nil for nothing.
  let damage: String?

  init(
    _ manifest: PoolManifest, _ journal: PoolJournal, isClosed: Bool = false, damage: String? = nil, _ book: PoolBook
  ) {
    (self.manifest, self.journal, self.damage) = (manifest, journal, damage)
    intake = PoolIntake(self, book, isClosed: isClosed)
  }

  var id: UUIDv7 { manifest.id }
  var name: String { manifest.name }
  var use: Pool.Use { manifest.use }
  var isLent: Bool { if case .lent = use { true } else { false } }

  /// Says how its items are used, before the first of them is written.
  func decide(_ use: Pool.Use) {
    manifest.use = use
    if use != .undecided { journal.append(manifest) }
  }
}
