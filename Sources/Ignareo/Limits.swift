internal import JSON

/// Every bound of a node in one place; each has a test of what happens beyond it.
package enum Limits {
  /// Tasks of one coordinator that start before another one's turn comes, of a shard that has just come before older
  /// ones go on, and of an older one before the next.
  static let startsOfSender = 16
  static let startsOfNewLine = 32
  static let startsOfLine = 256
  /// Tasks that are handed to a loop's executor and have not begun: what is beyond can still be overtaken.
  static let startsAhead = 64
  /// Cancelled tasks in a line before they are taken out of it.
  static let cancelledInLine = 64
  /// What flows may compute in one turn of their loop before the next one of them waits for the next turn. (A single
  /// step of one may take longer: `FlowLimits.work`.)
  static let computingShare = Duration.milliseconds(20)
  /// One task's JSON text, its arguments included.
  package static let taskBytes = 1 << 20
  /// A task's value as JSON. A coordinator reads lines of some times as much.
  package static let valueBytes = 64 << 20
  /// Values of ended tasks that wait for the clients of sockets and of `?wait=`, over all of them; beyond, the one
  /// furthest behind is given up: a socket is closed with 1008, a wait is answered without results. What waits is kept
  /// longer than `keptFor` and besides `keptBytes`.
  package static let waitingBytes = 256 << 20
  /// What an ended task that waits costs besides its value.
  static let recordBytes = 512
  /// Arrays and objects open at once in a value: what is put around it must be readable by everyone too.
  package static let valueDepth = JSONLimits.depth - 8
  /// Of a failure's text, of which the beginning says it all.
  package static let messageBytes = 16 << 10
  /// A JSON body is checked in slices of so many tasks, or as soon as a slice has so many bytes.
  package static let tasksPerTurn = 1_000
  package static let taskBytesPerTurn = 1 << 20
  /// What a shard's line may have besides its task.
  package static let envelopeBytes = 1024
  /// Results of a shard that are gathered before they are handed to its connection.
  package static let shardPieceBytes = 64 << 10
  /// A shard whose exchange broke goes on for so long: a coordinator that comes back finds its tasks still running.
  static let shardGrace = Duration.seconds(60)
  /// A shard that has ended is forgotten after so long, if its coordinator does not say before that it has everything.
  static let shardResultsKeptFor = Duration.seconds(60)
  /// Results that are kept of all shards that have ended: beyond, of those that ended first nothing is. As much is kept
  /// of those that run, of which beyond it the oldest lines go that were sent.
  static let shardResultBytes = 64 << 20
  /// Shards that coordinators asked for in vain, which are not taken if they come after that. One that does lay unread
  /// in the node's own buffers, so that the memory of a moment is enough.
  static let deniedShards = 4_096
  /// Results of one shard that wait for its coordinator to come back before no more of its tasks are begun.
  static let shardBacklogBytes = 4 << 20
  /// A JSON body of `POST /tasks`. An NDJSON stream may be as long as it likes: while the pool is full, it waits.
  package static let bodyBytes = 64 << 20
  /// NDJSON streams of `POST /tasks` at once, which may rest for as long as they like; a further one gets 503.
  static let streams = 1_024
  /// Identifiers of a stream's tasks that are remembered for its answer before those of forgotten tasks are let go.
  static let identifiersBeforeSweep = 4_096
  /// Tasks running at once for each loop, unless `--capacity` says otherwise. As many again may be queued.
  package static let capacityPerLoop = 10_000
  package static let largestCapacity = 10_000_000
  package static let mostLoops = 256
  /// Requests under way to one host and port unless `--connections-per-host` says otherwise: politeness is the default.
  package static let connectionsPerHost = 256
  package static let mostConnectionsPerHost = 1_000_000
  /// The JSON text of all tasks that are queued or running: more is refused as if the queue were full.
  package static let heldBytes = 512 << 20

  /// Finished tasks are forgotten beyond this number, beyond this age, and beyond this sum of their values.
  package static let keptTasks = 100_000
  package static let keptFor = Duration.seconds(600)
  package static let keptBytes = 256 << 20

  /// A JSON pointer or a line is given for as many bad tasks of one submission.
  package static let problemsListed = 10
  package static let listedTasks = 1_000
  package static let listedTasksByDefault = 100
  package static let longestWait = Duration.seconds(3600)
  package static let longestTimeout = Duration.seconds(30 * 86_400)
  /// Starts a second of a task's `limit`; a coordinator takes the same.
  package static let ratePerSecond = 0.000_01...1_000_000.0
  package static let mostAttempts = 1_000

  /// How long a cancelled task's own clean-up may take. Its result is given then; its place stays taken until it ends.
  package static let cleanUp = Duration.seconds(5)
  /// Between two attempts at most: a random time up to this doubled for each attempt made, and up to the longest.
  package static let firstBackoff = Duration.milliseconds(200)
  package static let longestBackoff = Duration.seconds(30)

  /// Processes of one worker, tasks that one of them holds at once, and workers of one node.
  static let workerProcesses = 1...1_024
  static let workerTasks = 1...10_000
  static let mostWorkers = 64
  /// A line of a worker's standard output: a value, and room to say by how much a larger one is too large.
  static let workerLineBytes = valueBytes + (1 << 20)
  /// A worker's process that has ended is started again after a random time up to this, doubled for each time that it
  /// ended without an answer, and up to the longest.
  static let workerFirstBackoff = Duration.milliseconds(100)
  static let workerLongestBackoff = Duration.seconds(30)
  /// Ends in a row without an answer after which no task waits for a process that is down.
  static let workerDeaths = 3
  /// A task that so many processes in a row have not read goes to no further one.
  static let workerReturns = 3
  /// Lines of its standard output that are no answers, since its last answer, for which a process is ended.
  static let workerNoise = 10_000
  /// How long a process may take to end by itself once it cannot be of use, to end after SIGTERM, and to be gone after
  /// SIGKILL. All of it fits into what `up` grants a member beyond its drain.
  static let workerExitPatience = Duration.seconds(2)
  static let workerKillPatience = Duration.seconds(2)
  static let workerReapPatience = Duration.milliseconds(500)
  /// Of a line that a worker says, and of its lines in a second: the rest is counted.
  static let workerLogLineBytes = 2_048
  static let workerLogLinesASecond = 100

  /// How often a draining node looks whether the last answers have been taken.
  package static let drainPoll = Duration.milliseconds(10)

  /// A loop that lags more than this makes the node `slow`.
  package static let slowLag = Duration.milliseconds(500)
  /// How long it must have been well before the cluster hears that it no longer is `slow`.
  package static let wellBeforeTold = Duration.seconds(5)
  /// Epochs remembered, one for each coordinator that sent a shard; beyond, the one goes that was not heard of longest.
  package static let coordinators = 1_024
}
