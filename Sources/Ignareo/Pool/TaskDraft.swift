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
  /// - Throws: `badArguments`, `unknownTask` or `tooLarge`, with the pointer of what is wrong.
  package init(_ value: JSONValue, types: TaskTypes) throws(TaskFailure) {
    guard value.bytes.count <= Limits.taskBytes else { throw Self.tooLarge }
    guard value.kind == .object else { throw Self.noObject }
    var fields = Fields()
    value.forEachMember { fields.take($0, $1) }
    try self.init(fields, bytes: value.bytes.count, types: types)
  }

  /// - Parameter bytes: the size of the JSON text from which the fields were read.
  init(_ fields: Fields, bytes: Int, types: TaskTypes) throws(TaskFailure) {
    if let fault = fields.fault { throw fault }
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
    self.bytes = bytes
  }

  static let noObject = TaskFailure(.badArguments, "a task must be an object", pointer: "")

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
