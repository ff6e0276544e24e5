package import JSON

/// A named function that a node can run, over raw JSON: what a built-in, a user's own type and a pool of worker
/// processes have in common.
package final class TaskType: Sendable {
  package let name: String
  package let summary: String
  /// A limit on one attempt where the task names none.
  package let timeout: Duration
  /// The arguments as JSON Schema (2020-12), for `GET /task-types`.
  package let schema: JSONValue
  /// Checks the arguments before anything is registered. Throws `badArguments` with the pointer of the one at fault.
  package let prepare: @Sendable (JSONValue) throws(TaskFailure) -> PreparedTask

  package init(
    name: String, summary: String, timeout: Duration = .seconds(60), schema: JSONValue,
    prepare: @escaping @Sendable (JSONValue) throws(TaskFailure) -> PreparedTask
  ) {
    self.name = name
    self.summary = summary
    self.timeout = timeout
    self.schema = schema
    self.prepare = prepare
  }
}

/// A task whose arguments were checked and read, ready to run as often as its attempts allow.
package struct PreparedTask: Sendable {
  /// Whether it may run again when nobody knows whether it took effect.
  package let isRepeatable: Bool
  /// One attempt, on the loop of its context. Its value is one JSON value.
  package let run: @Sendable (TaskContext) async throws -> JSONValue

  package init(isRepeatable: Bool, run: @escaping @Sendable (TaskContext) async throws -> JSONValue) {
    self.isRepeatable = isRepeatable
    self.run = run
  }
}
