import Glibc

/// The coordinator's bounds, in one place.
enum CoordinatorLimits {
  /// A JSON body; a stream of lines may be as long as it likes.
  static let jsonBodyBytes = 64 << 20
  /// Faults of a refused submission that are told.
  static let faultsTold = 10
  /// Tasks of a JSON body that are checked before the loop turns to others.
  static let tasksPerTurn = 2_000
  /// What one call brings an open batch at most, and all that are under way together: they are held in memory until
  /// they are whole. Each task counts for so many bytes more than its own.
  static let callBytes = 64 << 20
  static let gatheredBytes = 256 << 20
  static let gatheredTaskBytes = 256
  /// Idempotency keys of such calls that are remembered of a batch.
  static let additionKeys = 100_000
  /// Tasks of a batch with pools that are made before nodes have room for them: what is not made stays with the pools.
  static let pooledTasksWaiting = 10_000
  /// Tasks that are made of items at once, and about how many bytes of either are held for it.
  static let pooledTasksAtOnce = 1_000
  static let pooledBytes = 8 << 20
  /// Batches for which that is done at once.
  static let feedersAtOnce = 4
  /// After what went wrong, items are taken up again so soon.
  static let feedRetry: Duration = .milliseconds(500)
  /// Items whose task failed without effect go back after this: a host that is started again has the time for it.
  static let itemRest: Duration = .seconds(5)
  static let pools = 10_000
  static let poolNameBytes = 64
  /// Bytes of tasks in one exchange: what is over goes in another.
  static let shardBodyBytes = 8 << 20
  /// A line of a node's answer: a value of any size that the node lets through.
  static let resultLineBytes = 256 << 20
  /// Bytes of a node's refusal that are read.
  static let refusalBytes = 16 << 10
  /// How soon a node that did not take a cancellation is asked again, and how often before the exchange is broken off.
  static let cancelRetry: Duration = .milliseconds(500)
  static let cancelRetries = 20
  /// Tasks of a shard that one request cancels: its target stays short.
  static let indicesCancelled = 200
  /// How soon the journal is asked again for what it could not read, and how often before a reader's answer, which has
  /// begun, is broken off; one that has not is 503.
  static let readRetry: Duration = .milliseconds(500)
  static let readTries = 20
  /// Bytes of results that are read at once for a reader.
  static let readBytes = 128 << 10
  /// Results that a summary or a search looks at before the loop turns to others.
  static let resultsPerTurn = 2_000
  /// Different values that a summary counts one by one.
  static let summaryGroups = 1_000
  /// Attempts remembered for a batch beside its results.
  static let attemptsNoted = 100_000
  /// A node says something on each exchange once a second; after so long a silence the exchange is given up.
  static let exchangeSilence: Duration = .seconds(15)
  static let exchangesPerNode = 512
  /// A shard whose exchange broke is taken up again: after so long first, twice as long each time, and not any more
  /// when the node was silent for so long that it has cancelled the shard.
  static let firstAttachPause: Duration = .milliseconds(100)
  static let longestAttachPause: Duration = .seconds(2)
  static let attachDeadline: Duration = .seconds(60)
  /// Tries in a row that find nobody listening where the node was: its process is gone, and the shard with it.
  static let attachRefusals = 3
  /// Shards whose results are durable are told to their nodes with the next shard, so many at once, or by themselves
  /// after so long. Beyond so many for a node, the oldest are not told.
  static let acknowledgementsAtOnce = 64
  static let acknowledgeWithin: Duration = .seconds(2)
  static let acknowledgementsWaiting = 1_024
  /// A node's answer to what is short.
  static let nodeAnswer: Duration = .seconds(10)
  /// A node's list of the shards that it holds.
  static let heldListBytes = 64 << 20
  /// Bytes of tasks and results held where they are in memory: half of the machine's. Beyond, the oldest ended batches
  /// go, and then submissions are refused.
  static let memoryBytes = max(
    256 << 20, sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) / 2)
  /// A coordinator that is started again waits so long for the nodes to say what they hold.
  static let takeoverWait: Duration = .seconds(5)
  /// Batches that are kept, whatever their size.
  static let batchesKept = 10_000
  /// Batches that are too old are looked for so often.
  static let retentionInterval: Duration = .seconds(60)
  /// What a batch costs beside its tasks and results.
  static let batchBytes = 4 << 10
  /// While there is no room for results, it is looked for so often.
  static let roomInterval: Duration = .milliseconds(200)
  /// A node that has left the cluster has so long to end what it runs.
  static let leaveDeadline: Duration = .seconds(60)
  /// How long closing waits for answers that are on their way.
  static let closeWait: Duration = .seconds(1)
  /// Bytes of a group's name in a summary.
  static let groupBytes = 200
  /// How long a cancelling request waits for the nodes before it is answered with what is known.
  static let cancelAnswer: Duration = .seconds(2)
  static let listedBatches = 100
  static let listedBatchesMost = 1_000
  static let idempotencyKeyBytes = 256
  static let callbackURLBytes = 2_048
  /// Of a callback's answer, of which the status alone is of use.
  static let callbackAnswerBytes = 64 << 10
  static let nameBytes = 256
}
