internal import JSON

/// `echo`: its value is its arguments.
enum EchoTask {
  static let type = TaskType(
    name: "echo", summary: "gives its arguments back", schema: JSONValue(trusted: Array("{}".utf8)[...])
  ) { arguments throws(TaskFailure) in
    PreparedTask(isRepeatable: true) { _ in arguments }
  }
}
