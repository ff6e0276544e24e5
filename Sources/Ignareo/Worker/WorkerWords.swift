/// What a worker's pool says to tasks that no process had.
enum WorkerWords {
  static let wayOut = "run the command of --worker in a shell to see why; it is tried again meanwhile"

  static func stillQueued(_ worker: WorkerSpecification) -> String {
    "no process of the worker '\(worker.name)' was free in time: it has \(worker.processes) of them, with "
      + "\(worker.tasksPerProcess) at once each; --worker-processes \(worker.name)=N and --worker-tasks "
      + "\(worker.name)=N allow more"
  }

  static func hopeless(_ worker: WorkerSpecification, lastDeath: String) -> String {
    "the worker '\(worker.name)' does not stay up: each of its \(worker.processes) processes ended "
      + "\(Limits.workerDeaths) times or more in a row without an answer, the last time: \(lastDeath); \(wayOut)"
  }
}
