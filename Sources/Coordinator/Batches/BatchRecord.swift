import Batch
import Clockwork

/// A batch as the API knows it: who it is, how far it is, and who follows it.
///
/// Guarded by: the loop's thread.
final class BatchRecord {
  let id: UUIDv7
  let name: String?
  let journal: any BatchJournal
  let total: Int
  let createdAt: Timestamp
  let createdInstant: Instant
  /// Whether any of its tasks has a name of its own.
  let hasIDs: Bool

  /// Results that readers may see: those that are durable.
  private(set) var resultCount = 0
  /// Nil while it runs.
  private(set) var outcome: Outcome?
  private(set) var attempts = AttemptNotes()
  private(set) var durations = Histogram()
  /// Results by the node that gave them.
  private(set) var nodeCounts: [String: Int] = [:]
  private(set) var rate: RateMeter
  /// What a node said when it took nothing of this batch; nil once one has taken something.
  var refusal: String?
  private var followers: [ObjectIdentifier: any BatchFollower] = [:]

  struct Outcome {
    let progress: BatchProgress
    let finishedAt: Timestamp
  }

  init(
    id: UUIDv7, name: String?, journal: any BatchJournal, hasIDs: Bool, createdAt: Timestamp, instant: Instant
  ) {
    (self.id, self.name, self.journal, self.hasIDs) = (id, name, journal, hasIDs)
    (self.createdAt, createdInstant) = (createdAt, instant)
    total = journal.taskCount
    rate = RateMeter(since: instant)
  }

  /// A moment of the loop's clock in this batch's life, by the calendar.
  func timestamp(of instant: Instant) -> Timestamp {
    Timestamp(milliseconds: createdAt.milliseconds + (instant - createdInstant).inNanoseconds / 1_000_000)
  }

  func note(_ end: TaskEnd) {
    if let node = end.node { nodeCounts[node, default: 0] += 1 }
    if end.node != nil, end.attempts > 0 {
      durations.record(UInt64(max(0, min(end.durationMilliseconds * 1_000, 1e15))))
    }
  }

  func note(_ attempt: FailedAttempt) { attempts.add(attempt) }

  /// More results have become durable.
  func publish(_ count: Int, at now: Instant) {
    rate.count(count - resultCount, at: now)
    resultCount = count
    tellFollowers()
  }

  func finish(_ progress: BatchProgress, at time: Timestamp) {
    outcome = Outcome(progress: progress, finishedAt: time)
    tellFollowers()
  }

  // MARK: Followers

  func follow(_ follower: some BatchFollower) { followers[ObjectIdentifier(follower)] = follower }
  func unfollow(_ follower: some BatchFollower) { followers[ObjectIdentifier(follower)] = nil }

  private func tellFollowers() {
    for follower in Array(followers.values) { follower.batchMoved(self) }
  }
}

/// Somebody who wants to know when a batch has more results or has ended.
protocol BatchFollower: AnyObject {
  func batchMoved(_ batch: BatchRecord)
}

extension BatchRecord {
  /// Results a second, of late.
  func rate(at now: Instant) -> Double {
    var meter = rate
    return meter.rate(at: now)
  }
}
