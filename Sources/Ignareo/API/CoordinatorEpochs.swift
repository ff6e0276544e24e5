/// The newest epoch of each coordinator that sent a shard: an older one is a process that has been replaced.
struct CoordinatorEpochs {
  private struct Epoch {
    let number: Int
    /// Rises with each shard of any coordinator.
    let usedAt: Int
  }

  private let limit: Int
  private var epochs: [String: Epoch] = [:]
  private var uses = 0

  /// - Parameter limit: names that are remembered; more only while all of them have shards here.
  init(limit: Int = Limits.coordinators) { self.limit = limit }

  /// The coordinator's newest epoch.
  subscript(coordinator: String) -> Int? { epochs[coordinator]?.number }

  /// - Parameter live: those who have shards here. None of them is forgotten: its own old process may still send.
  mutating func note(_ epoch: Int, of coordinator: String, live: @autoclosure () -> Set<String>) {
    uses += 1
    if epochs.count >= limit, epochs[coordinator] == nil { forgetOldest(but: live()) }
    epochs[coordinator] = Epoch(number: epoch, usedAt: uses)
  }

  private mutating func forgetOldest(but live: Set<String>) {
    let idle = epochs.filter { !live.contains($0.key) }
    if let oldest = idle.min(by: { $0.value.usedAt < $1.value.usedAt }) { epochs[oldest.key] = nil }
  }
}
