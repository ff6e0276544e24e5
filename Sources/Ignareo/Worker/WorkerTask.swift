internal import JSON

/// A worker as a task type: any arguments, and a value that its processes answer with.
enum WorkerTask {
  static func type(_ worker: WorkerSpecification) -> TaskType {
    TaskType(
      name: worker.name, summary: worker.summary, timeout: worker.timeout,
      schema: JSONValue(trusted: Array("{}".utf8)[...])
    ) { arguments throws(TaskFailure) in
      PreparedTask(isRepeatable: worker.isRepeatable) { try await run(worker.name, arguments, $0) }
    }
  }

  private static func run(_ name: String, _ arguments: JSONValue, _ context: TaskContext) async throws -> JSONValue {
    guard let pool = context.runner.workers[name] else {
      throw TaskFailure(.rejected, "the worker '\(name)' runs in the processes of a node, and here is none")
    }
    switch await pool.outcome(of: WorkerCall(arguments)) {
    case .answered(let value): return value
    case .failed(let failure): throw failure
    case .stopped(let mayHaveTakenEffect, let message):
      guard context.cancellation == .timeout else { throw CancellationError() }
      throw TaskFailure(
        .timeout, "the attempt's timeout_s was over: \(message)", mayHaveTakenEffect: mayHaveTakenEffect)
    }
  }
}
