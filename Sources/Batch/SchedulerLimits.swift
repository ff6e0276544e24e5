import Clockwork

/// The bounds that the scheduler keeps, in one place.
enum SchedulerLimits {
  /// A shard is about this much of its node's measured work.
  static let shardWork: Duration = .milliseconds(100)
  static let shardTasks = 1_000
  /// The least that is wanted for a shard before anything is known of its node's speed; a sixteenth of the node's
  /// capacity where that is more.
  static let firstShardTasks = 64
  /// A shard holds at least this part of a node's capacity while the queue is long, so that long tasks do not cost one
  /// connection each.
  static let shardsAcrossCapacity = 64
  /// With so many exchanges open, a node's small room is left to grow instead of being filled with small shards.
  static let exchangesBeforeWaiting = 32
  /// Exchanges that are open to one node at once: small batches beyond it wait, so that connections stay for others.
  static let exchangesPerNode = 256
  /// A node's room smaller than a shard waits at most so long for more of it.
  static let linger: Duration = .milliseconds(100)
  /// Attempts wait so long for their start in the mean, besides the way to their node and back, before a node's window
  /// is made smaller: tasks of others can go ahead of those that wait here, and not of those that wait there.
  static let startDelay: Duration = .milliseconds(25)
  /// The window of a node that has done nothing yet. What waits for others fills a larger one in some tenths of a
  /// second, and where it is too large it holds up others for as long.
  static let startsAtFirst = 2_000
  /// By so much of that it may differ.
  static let startSlack = 0.25
  /// How fast a window grows and shrinks at most, in one round.
  static let startGrowth = 1.5
  static let startShrinking = 0.1
  /// The smallest window: less would leave a node idle whenever something comes between.
  static let startsAtLeast = 256
  /// After so long at its smallest, what is waited for on the way is taken to be the way's own length.
  static let smallestFor: Duration = .seconds(1)
  /// Attempts, and a time, from which a mean is taken.
  static let startSamples = 16
  static let startRound: Duration = .milliseconds(50)
  /// A way to a node and back is not taken to be longer.
  static let longestWay: Duration = .milliseconds(500)
  /// What has been out so long is taken to have begun; later where attempts are seen to wait longer.
  static let begunAfter: Duration = .milliseconds(100)
  static let begunAtLast: Duration = .seconds(10)
  /// Shards that a window is filled with at least, so that the next one is there when one has ended.
  static let shardsInWindow = 3
  /// A node that has had nothing for so long begins anew with the largest window.
  static let windowKept: Duration = .seconds(1)
  /// One in so many places of a node is kept for batches that have little out, while a batch has more than fits.
  static let reserveDivisor = 64

  /// A node past half its capacity and over 1.25 times the mean load hands its keyed tasks on: rendezvous hashing with
  /// bounded load (Mirrokni, Thorup, Zadimoghaddam: "Consistent hashing with bounded loads", 2017).
  static let loadBound = 1.25

  static let backoffBase: Duration = .milliseconds(500)
  static let backoffCap: Duration = .seconds(30)
  /// After a broken or refused exchange a node rests, twice as long each time, until an attempt of its ends.
  static let restBase: Duration = .milliseconds(100)
  static let restCap: Duration = .seconds(5)
  static let retryAfterCap: Duration = .seconds(60)
  /// A batch whose tasks could not be read is tried again after so long.
  static let batchRest: Duration = .milliseconds(500)

  /// A limit of r tasks a second lets so much of a second's work through at once, and always one task.
  static let limitBurst: Duration = .milliseconds(20)
  /// Different rates of one key that are counted at once.
  static let ratesOfKey = 64
  /// How far a batch that could not run may fall behind in turns; what is older is forgotten.
  static let turnsBehind = 1_000.0
  /// Tasks of a cancelled batch that are ended in one input, so that a large one does not hold up the others.
  static let cancelSlice = 10_000

  /// A task whose exchanges could not be understood is sent again until it has had so many attempts, or as many as it
  /// is allowed.
  static let garbledAttempts: UInt16 = 3

  /// An attempt that takes so many times the 99th percentile of its batch is a straggler.
  static let hedgeFactor = 3
  /// What is shorter is noise.
  static let hedgeFloor: Duration = .milliseconds(100)
  /// Attempts that must have ended before a percentile says anything.
  static let hedgeSamples: UInt64 = 10
  /// Of so many tasks of a batch one may run twice at a time, and always a few.
  static let hedgeShare = 100
  static let hedgesAtLeast = 10
  /// How often a batch looks for stragglers at most.
  static let hedgeScanGap: Duration = .milliseconds(25)
  /// Nodes that are looked at for copies: those with most room.
  static let hedgePlaces = 16

  /// Nodes that must have gone down under a task before it is tried by itself, and before it may be rejected.
  static let lossesOfSuspect: UInt32 = 2
  static let lossesOfConvict: UInt32 = 3
  /// Up to so many suspects of a batch are tried one by one, more of them in so many parts.
  static let suspectsTriedAlone = 64
  /// Suspects that are looked at for a node in one input.
  static let suspectsLookedAt = 1_000

  static let attempts = 1_000
  static let priority = -100...100
  static let tasksInBatch = Int(UInt32.max) - 1
}
