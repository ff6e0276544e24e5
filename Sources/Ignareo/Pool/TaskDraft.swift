package import JSON

/// A task as it was submitted, checked and ready to be registered.
package struct TaskDraft: Sendable {
  package let type: TaskType
  package let prepared: PreparedTask
  /// The submitter's own name for it.
  package let name: String?
  package let timeout: Duration
  package let attempts: Int
  package let isRepeatable: Bool
  /// As its submitter said; nil where he left it to the type.
  package let saysRepeatable: Bool?
  /// The size of its JSON text, which counts for what a node holds.
  package let bytes: Int

  /// Reads a task object.
  ///
  /// - Parameter envelope: names that may stand in it besides a task's own fields, such as a shard's `index`.
  /// - Throws: `badArguments`, `unknownTask` or `tooLarge`, with the pointer of what is wrong.
  package init(_ value: JSONValue, types: TaskTypes, envelope: [String] = []) throws(TaskFailure) {
    let task = Argument(value)
    let limit = Limits.taskBytes + (envelope.isEmpty ? 0 : Limits.envelopeBytes)
    guard value.bytes.count <= limit else { throw Self.tooLarge }
    var fields = Fields()
    for (name, argument) in try task.members(called: "a task") where !envelope.contains(name) {
      try fields.take(name, argument)
    }
    guard let typeName = fields.type else {
      throw TaskFailure(.badArguments, "the field task, a task type's name, is missing", pointer: "/task")
    }
    guard let type = types[typeName] else { throw types.unknown(typeName) }
    if fields.limit != nil, fields.key == nil {
      throw TaskFailure(.badArguments, "/limit needs a key to count by", pointer: "/limit")
    }
    prepared = try Self.prepare(type, fields.arguments)
    self.type = type
    name = fields.name
    timeout = fields.timeout ?? type.timeout
    attempts = fields.attempts ?? 1
    isRepeatable = fields.isRepeatable ?? prepared.isRepeatable
    saysRepeatable = fields.isRepeatable
    bytes = value.bytes.count
  }

  package static let tooLarge = TaskFailure(
    .tooLarge,
    "a task is at most \(Limits.taskBytes) bytes (1 MiB), and this one has more; "
      + "let it name where the data is instead of carrying it", mayHaveTakenEffect: false, pointer: "")

  /// The arguments outlive the text they were cut from, so they take a copy of their own; pointers then begin at the
  /// task.
  private static func prepare(_ type: TaskType, _ arguments: JSONValue?) throws(TaskFailure) -> PreparedTask {
    do {
      return try type.prepare(arguments?.detached ?? JSONValue(trusted: Array("{}".utf8)[...]))
    } catch {
      var failure = error
      failure.pointer = "/args" + (error.pointer ?? "")
      if let pointer = error.pointer, !pointer.isEmpty, error.message.hasPrefix(pointer) {
        failure.message = "/args" + error.message
      }
      throw failure
    }
  }
}

extension TaskDraft {
  /// The contract's fields of a task, each as it was given.
  private struct Fields {
    var type: String?
    var arguments: JSONValue?
    var name: String?
    var key: String?
    var limit: JSONValue?
    var timeout: Duration?
    var attempts: Int?
    var isRepeatable: Bool?

    static let names = [
      "task", "args", "id", "key", "limit", "timeout_s", "attempts", "repeatable", "priority",
    ]

    /// Null counts as absent, but for the arguments.
    mutating func take(_ name: String, _ argument: Argument) throws(TaskFailure) {
      switch name {
      case _ where argument.value.isNull && name != "args" && Self.names.contains(name): break
      case "task": type = try argument.string()
      case "args": arguments = argument.value
      case "id": self.name = try argument.string()
      case "key": key = try argument.string()
      case "limit": limit = try checked(limit: argument)
      case "timeout_s": timeout = try argument.seconds(upTo: Limits.longestTimeout)
      case "attempts": attempts = try argument.integer(in: 1...Limits.mostAttempts)
      case "repeatable": isRepeatable = try argument.bool()
      case "priority": _ = try argument.integer(in: -100...100)
      default: throw argument.unknown(among: Self.names)
      }
    }

    /// A node heeds no limit, which is the whole cluster's affair; a wrong one is refused all the same.
    private func checked(limit: Argument) throws(TaskFailure) -> JSONValue {
      let members = try limit.members()
      guard !members.isEmpty else { throw limit.refused("must have rate_per_s, concurrency, or both") }
      for (name, argument) in members {
        switch name {
        case "rate_per_s":
          guard let rate = argument.value.double, Limits.ratePerSecond.contains(rate) else {
            throw argument.refused("must be a number from 0.00001 (about one a day) to 1000000")
          }
        case "concurrency": _ = try argument.integer(in: 1...Int.max)
        default: throw argument.unknown(among: ["rate_per_s", "concurrency"])
        }
      }
      return limit.value
    }
  }
}
