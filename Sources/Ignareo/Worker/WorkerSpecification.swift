/// A worker: a task type that the local processes of one command run.
package struct WorkerSpecification: Sendable {
  package let name: String
  /// A line for `/bin/sh -c`.
  package let command: String
  package var processes = WorkerSpecification.processesByDefault
  /// How many tasks one process holds at once. With more than one, ending a process for one task's sake costs others.
  package var tasksPerProcess = 1
  var isRepeatable = false
  var summary = "runs in local processes that read and write lines of JSON"
  var timeout = Duration.seconds(3600)
  var limits = WorkerLimits()

  package init(name: String, command: String) {
    self.name = name
    self.command = command
  }

  /// The cores, and at least two, so that a worker that waits does not hold up the next task.
  package static var processesByDefault: Int { max(2, NodeConfiguration.cores) }
}

/// The bounds of one worker: those of every worker, but for tests that have no time.
struct WorkerLimits: Sendable {
  var firstBackoff = Limits.workerFirstBackoff
  var longestBackoff = Limits.workerLongestBackoff
  var exitPatience = Limits.workerExitPatience
  var killPatience = Limits.workerKillPatience
  var lineBytes = Limits.workerLineBytes
  var logLinesASecond = Limits.workerLogLinesASecond
}
