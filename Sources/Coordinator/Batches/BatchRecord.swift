import Batch
import Clockwork

/// A batch as the API knows it: who it is, how far it is, and who follows it.
///
/// Guarded by: the loop's thread.
final class BatchRecord {
  var manifest: BatchManifest
  let journal: BatchJournal
  let createdInstant: Instant

  /// Tasks that are promised: those that are durable.
  private(set) var total: Int
  /// Takes an open batch's further tasks, also once it is closed; nil for one that never was open or has ended.
  var intake: BatchIntake?
  /// Makes its tasks of items from pools; nil for one whose tasks are submitted, or that has ended.
  var feeder: PoolFeeder?
  /// Results that readers may see: those that are durable.
  private(set) var resultCount: Int
  /// Nil while it runs.
  private(set) var outcome: Outcome?
  private(set) var attempts = AttemptNotes()
  private(set) var durations = Histogram()
  /// Results by the node that gave them.
  private(set) var nodeCounts: [String: Int] = [:]
  private(set) var rate: RateMeter
  /// Attempts made after a task's first one, by coordinators before this one.
  private(set) var retriedBefore = 0
  /// What of its logs was lost, for people; nil for nothing.
  private(set) var damage: String?
  /// What a node said when it took nothing of this batch; nil once one has taken something.
  var refusal: String?
  /// Nil without a callback URL.
  var callback: CallbackState?
  private var followers: [ObjectIdentifier: any BatchFollower] = [:]

  /// Ends whose results are not durable: until they are, those tasks run for all to see.
  private(set) var unseen = TaskCounts()

  /// How far it is while the scheduler does not know it: before it gets it, and once it has given its last word.
  var last = BatchProgress()

  struct Outcome {
    let progress: BatchProgress
    let finishedAt: Timestamp
  }

  /// A new one.
  init(_ manifest: BatchManifest, journal: BatchJournal, instant: Instant) {
    (self.manifest, self.journal, createdInstant) = (manifest, journal, instant)
    total = journal.taskCount
    resultCount = journal.resultCount
    rate = RateMeter(since: instant)
    callback = manifest.callbackURL.map { _ in .pending(calls: 0, error: nil) }
    last.counts = TaskCounts(queued: journal.taskCount)
  }

  /// One that an earlier coordinator began. The clock was another one then: the moment of its birth is reckoned.
  convenience init(
    _ manifest: BatchManifest, journal: BatchJournal, recovered: borrowing BatchRecovery, now: Instant, time: Timestamp
  ) {
    let age = Duration.milliseconds(max(0, time.milliseconds - manifest.createdAt.milliseconds))
    self.init(manifest, journal: journal, instant: Instant(nanoseconds: now.nanoseconds - age.inNanoseconds))
    (durations, nodeCounts, retriedBefore) = (recovered.durations, recovered.nodeCounts, recovered.retried)
    rate = RateMeter(since: now)
    damage = recovered.damage.isEmpty ? nil : recovered.damage.joined(separator: "; ")
    for note in recovered.notes {
      if let attempt = AttemptNote(note.detail) { attempts.add(attempt, of: note.index) }
    }
  }

  /// One that had ended.
  convenience init(_ manifest: BatchManifest, journal: BatchJournal, _ kept: BatchOutcome, now: Instant) {
    self.init(manifest, journal: journal, instant: now)
    (durations, nodeCounts, damage) = (kept.durations, kept.nodeCounts, kept.damage)
    outcome = Outcome(progress: kept.progress, finishedAt: kept.finishedAt)
  }

  var id: UUIDv7 { manifest.id }
  var name: String? { manifest.name }
  /// Whether more tasks may come.
  var isOpen: Bool { intake?.state == .open }
  /// Whether it is open and every task that it has got has its result before its readers.
  var isIdle: Bool { isOpen && outcome == nil && resultCount >= total }
  var createdAt: Timestamp { manifest.createdAt }
  /// Whether any of its tasks has a name of its own.
  var hasIDs: Bool { manifest.hasIDs }

  /// A moment of the loop's clock in this batch's life, by the calendar.
  func timestamp(of instant: Instant) -> Timestamp {
    Timestamp(milliseconds: createdAt.milliseconds + (instant - createdInstant).inNanoseconds / 1_000_000)
  }

  func note(_ ends: [TaskEnd]) {
    // Most of what comes together is of one node.
    var run: (node: String, count: Int)?
    for end in ends {
      guard let node = end.node else { continue }
      if run?.node == node {
        run!.count += 1
      } else {
        if let run { nodeCounts[run.node, default: 0] += run.count }
        run = (node, 1)
      }
      if end.attempts > 0 { durations.record(end.durationMicroseconds) }
    }
    if let run { nodeCounts[run.node, default: 0] += run.count }
  }

  func note(_ failed: FailedAttempt) {
    let note = AttemptNote(failed, in: self)
    attempts.add(note, of: failed.index)
    journal.appendAttempt(of: failed.index, counted: failed.attemptsCounted, detail: note.bytes)
  }

  /// Durable at once: a task that takes its nodes down may bring the coordinator trouble next.
  func note(_ loss: NodeLossNote) {
    journal.appendLost(
      JournalRecord.LossRecord(
        node: loss.node, life: loss.life, at: timestamp(of: loss.at).milliseconds,
        trialSize: UInt32(clamping: loss.trialSize), indexes: loss.indexes))
    journal.makeResultsDurable {}
  }

  /// The same of a coordinator before this one.
  func noted(_ loss: JournalRecord.LossRecord) -> NodeLossNote {
    let sinceBirth = Duration.milliseconds(max(0, min(loss.at &- createdAt.milliseconds, 1 << 50)))
    return NodeLossNote(
      batch: id, node: loss.node, life: loss.life, at: createdInstant + sinceBirth, trialSize: Int(loss.trialSize),
      indexes: loss.indexes)
  }

  /// How it ended, as the journal keeps it.
  func kept(_ progress: BatchProgress, at time: Timestamp) -> BatchOutcome {
    BatchOutcome(
      progress: progress, finishedAt: time, resultCount: journal.resultCount, nodeCounts: nodeCounts,
      durations: durations, damage: damage)
  }

  /// Tasks have ended, and nobody may see it yet.
  ///
  /// - Returns: what `publish` takes.
  func hide(_ ends: [TaskEnd]) -> TaskCounts {
    var counts = TaskCounts()
    for end in ends { counts.count(end.status) }
    unseen.add(counts)
    return counts
  }

  /// More results have become durable, the last of them `count`; these were hidden.
  func publish(_ count: Int, _ hidden: TaskCounts, at now: Instant) {
    unseen.subtract(hidden)
    rate.count(count - resultCount, at: now)
    resultCount = count
    tellFollowers()
  }

  /// More tasks are promised.
  func grow(by count: Int) {
    total += count
    last.counts.grow(by: count)
  }

  func finish(_ progress: BatchProgress, at time: Timestamp) {
    feeder?.end()
    (intake, feeder) = (nil, nil)
    outcome = Outcome(progress: progress, finishedAt: time)
    tellFollowers()
  }

  // MARK: Followers

  func follow(_ follower: some BatchFollower) { followers[ObjectIdentifier(follower)] = follower }
  func unfollow(_ follower: some BatchFollower) { followers[ObjectIdentifier(follower)] = nil }

  func tellFollowers() {
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
