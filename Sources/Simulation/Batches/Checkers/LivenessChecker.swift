import Batch
import Clockwork

/// Every batch ends once the faults have.
struct LivenessChecker {
  /// Backoff, retries, rates and the last slow attempts take less.
  static let patience = Duration.seconds(300)

  private(set) var failures: [Failure] = []

  mutating func stillRuns(_ batch: VirtualBatch, _ progress: BatchProgress?, at now: Instant) {
    let state = progress.map { "\($0.counts), waiting for \($0.waitingFor.map { "\($0)" } ?? "nothing")" }
    failures.append(
      Failure(
        checker: "liveness",
        text: "batch \(batch.number) has not ended \(Self.patience) after the last fault, at \(now.text): "
          + (state ?? "nobody knows it")))
  }
}
