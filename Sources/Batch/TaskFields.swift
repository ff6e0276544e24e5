package import JSON

/// The members of a task object that are there, checked one by one; in a submission's defaults any may be missing.
package struct TaskFields: Sendable {
  package static let names = [
    "task", "args", "id", "key", "limit", "timeout_s", "attempts", "repeatable", "priority",
  ]

  /// The object as it was written.
  package private(set) var source: JSONValue
  package private(set) var task: String?
  package private(set) var args: JSONValue?
  /// A JSON string.
  package private(set) var id: JSONValue?
  package private(set) var key: String?
  package private(set) var limit: TaskLimit?
  package private(set) var timeoutSeconds: Double?
  package private(set) var attempts: Int?
  package private(set) var isRepeatable: Bool?
  package private(set) var priority: Int?

  /// Reads one task. Null counts as absent, except for `args`.
  init(parsing bytes: ArraySlice<UInt8>) throws(TaskSpecError) {
    self.init(source: .null)
    var fault: TaskSpecError?
    do {
      source = try JSONValue.parse(bytes) { key, value in
        guard fault == nil else { return }
        do throws(TaskSpecError) { try take(key, value) } catch { fault = error }
      }
    } catch {
      throw TaskSpecError(.notJSON, at: JSONPointer(), "not JSON: \(error)")
    }
    if let fault { throw fault }
    guard source.kind == .object else { throw Self.noObject(source) }
  }

  private init(source: JSONValue) { self.source = source }

  private static func noObject(_ value: JSONValue) -> TaskSpecError {
    TaskSpecError(
      at: JSONPointer(), "a task is a JSON object such as {\"task\":\"echo\",\"args\":{}}, not \(value.kind.article)")
  }

  /// Null counts as absent, except for `args`.
  package init(_ value: JSONValue) throws(TaskSpecError) {
    guard value.kind == .object else { throw Self.noObject(value) }
    source = value
    try value.forEachMember { key, value throws(TaskSpecError) in try take(key, value) }
  }

  /// These fields, and those of `others` where these say nothing.
  package func over(_ others: TaskFields?) throws(TaskSpecError) -> TaskFields {
    guard let others else { return self }
    return try TaskFields(JSONValue(trusted: TaskDefaults.bytes(of: self, over: others)))
  }

  private mutating func take(_ key: JSONKey, _ value: JSONValue) throws(TaskSpecError) {
    if key == "args" {
      guard args == nil else { throw Self.twice(key) }
      args = value
      return
    }
    // Which one was meant? A node would refuse it, long after.
    let isThere =
      switch key {
      case "task": task != nil
      case "id": id != nil
      case "key": self.key != nil
      case "limit": limit != nil
      case "timeout_s": timeoutSeconds != nil
      case "attempts": attempts != nil
      case "repeatable": isRepeatable != nil
      case "priority": priority != nil
      default: false
      }
    guard !isThere else { throw Self.twice(key) }
    switch key {
    case _ where value.isNull && Self.names.contains { key == $0 }: break
    case "task": task = try Self.text(value, at: "task", upTo: TaskLimits.nameBytes)
    case "id":
      guard value.kind == .string else { throw Self.wrong("id", "a string", value) }
      id = value
    case "key": self.key = try Self.text(value, at: "key", upTo: TaskLimits.keyBytes)
    case "limit": limit = try TaskLimit(value)
    case "timeout_s":
      guard let seconds = value.double, seconds > 0, seconds <= TaskLimits.timeoutSeconds else {
        throw Self.wrong("timeout_s", "a number of seconds above 0 and at most 2592000 (30 days)", value)
      }
      timeoutSeconds = seconds
    case "attempts": attempts = try Self.whole(value, at: "attempts", in: TaskLimits.attempts)
    case "repeatable":
      guard let flag = value.bool else { throw Self.wrong("repeatable", "true or false", value) }
      isRepeatable = flag
    case "priority": priority = try Self.whole(value, at: "priority", in: TaskLimits.priority)
    default:
      throw TaskSpecError(
        at: JSONPointer(tokens: [key.string]),
        "a task has no field of this name; it has \(Self.names.joined(separator: ", "))")
    }
  }

  private static func text(_ value: JSONValue, at name: String, upTo limit: Int) throws(TaskSpecError) -> String {
    guard let text = value.string, !text.isEmpty, text.utf8.count <= limit else {
      throw wrong(name, "a string of 1 to \(limit) bytes", value)
    }
    return text
  }

  private static func whole(
    _ value: JSONValue, at name: String, in range: ClosedRange<Int>
  ) throws(TaskSpecError) -> Int {
    guard let number = value.int, range.contains(number) else {
      throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)", value)
    }
    return number
  }

  private static func twice(_ key: JSONKey) -> TaskSpecError {
    TaskSpecError(at: JSONPointer(tokens: [key.string]), "\(key.string) stands here twice; say it once")
  }

  static func wrong(_ name: String, _ wanted: String, _ value: JSONValue) -> TaskSpecError {
    let shown = value.bytes.count <= 60 ? value.text : value.kind.article
    return TaskSpecError(at: JSONPointer(tokens: [name]), "\(name) must be \(wanted), not \(shown)")
  }
}

extension TaskLimit {
  /// `{"rate_per_s":5,"concurrency":2}`, at least one of the two.
  init(_ value: JSONValue) throws(TaskSpecError) {
    let wanted = "an object with rate_per_s (0.00001 to 1000000), concurrency (a whole number from 1), or both"
    guard value.kind == .object else { throw TaskFields.wrong("limit", wanted, value) }
    self.init()
    try value.forEachMember { key, value throws(TaskSpecError) in
      switch key {
      case "rate_per_s":
        guard let rate = value.double, TaskLimits.ratePerSecond.contains(rate) else {
          throw TaskFields.wrong("rate_per_s", "a number from 0.00001 (about one a day) to 1000000", value)
            .inside(JSONPointer(tokens: ["limit"]))
        }
        ratePerSecond = rate
      case "concurrency":
        guard let number = value.int, number > 0 else {
          throw TaskFields.wrong("concurrency", "a whole number from 1", value).inside(JSONPointer(tokens: ["limit"]))
        }
        concurrency = number
      default:
        throw TaskSpecError(at: JSONPointer(tokens: ["limit", key.string]), "limit must be \(wanted)")
      }
    }
    if self == TaskLimit() { throw TaskFields.wrong("limit", wanted, value) }
  }
}

extension JSONValue.Kind {
  /// The kind with its article, for messages.
  package var article: String {
    switch self {
    case .object: "an object"
    case .array: "an array"
    case .string: "a string"
    case .number: "a number"
    case .bool: "true or false"
    case .null: "null"
    }
  }
}
