package import JSON

/// A submitted task: its bytes, which travel to the node as they are, and the few fields that a coordinator needs.
package struct TaskSpec: Sendable {
  /// One JSON object: the submitter's own bytes where the defaults added nothing to them.
  package let bytes: ArraySlice<UInt8>
  package let type: String
  /// The submitter's name for it, a JSON string.
  package let id: JSONValue?
  /// With `@host` resolved.
  package let key: String?
  package let limit: TaskLimit?
  package let attempts: Int
  package let isRepeatable: Bool
  package let priority: Int

  /// Reads and checks one task; what `defaults` holds counts where the task says nothing.
  package init(parsing bytes: ArraySlice<UInt8>, defaults: TaskFields? = nil) throws(TaskSpecError) {
    guard bytes.count <= TaskLimits.bytes else { throw Self.tooLarge(bytes.count) }
    try self.init(TaskFields(parsing: bytes), defaults: defaults)
  }

  package init(_ value: JSONValue, defaults: TaskFields? = nil) throws(TaskSpecError) {
    guard value.bytes.count <= TaskLimits.bytes else { throw Self.tooLarge(value.bytes.count) }
    try self.init(TaskFields(value), defaults: defaults)
  }

  private init(_ fields: TaskFields, defaults: TaskFields?) throws(TaskSpecError) {
    guard let type = fields.task ?? defaults?.task else {
      throw TaskSpecError(
        at: JSONPointer(tokens: ["task"]), "task is missing: the name of a task type, such as \"http\"")
    }
    let args = TaskDefaults.args(fields.args, over: defaults?.args)
    let key = fields.key ?? defaults?.key
    self.type = type
    id = fields.id ?? defaults?.id
    limit = fields.limit ?? defaults?.limit
    attempts = fields.attempts ?? defaults?.attempts ?? 1
    priority = fields.priority ?? defaults?.priority ?? 0
    isRepeatable = fields.isRepeatable ?? defaults?.isRepeatable ?? Self.isRepeatable(type: type, args: args)
    if limit != nil, key == nil {
      throw TaskSpecError(
        at: JSONPointer(tokens: ["limit"]),
        "a limit needs a key: the tasks that share it; \"@host\" is their URL's host")
    }
    if key == "@host" {
      guard let host = FirstURL.host(type: type, args: args) else {
        throw TaskSpecError(at: JSONPointer(tokens: ["key"]), "\"@host\" needs a task with a URL, such as args.url")
      }
      self.key = host
    } else {
      self.key = key
    }
    bytes = TaskDefaults.bytes(of: fields, args: args, over: defaults)
    guard bytes.count <= TaskLimits.bytes else { throw Self.tooLarge(bytes.count) }
  }

  private static func tooLarge(_ count: Int) -> TaskSpecError {
    TaskSpecError(
      .tooLarge, at: JSONPointer(),
      "a task is at most \(TaskLimits.bytes) bytes (1 MiB), and this one has \(count); "
        + "let it name where the data is instead of carrying it")
  }
}

extension TaskTable {
  package mutating func append(_ spec: TaskSpec) {
    append(
      type: spec.type, key: spec.key.map { TaskKey($0.utf8) }, limit: spec.limit, attempts: spec.attempts,
      repeatable: spec.isRepeatable, priority: spec.priority)
  }
}
