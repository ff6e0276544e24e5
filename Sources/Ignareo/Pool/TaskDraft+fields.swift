internal import JSON

extension TaskDraft {
  /// The contract's fields of a task, each as it was given, and the first thing that is wrong with them.
  struct Fields {
    private(set) var type: String?
    private(set) var arguments: JSONValue?
    private(set) var name: String?
    private(set) var key: String?
    private(set) var limit: JSONValue?
    private(set) var timeout: Duration?
    private(set) var attempts: Int?
    private(set) var isRepeatable: Bool?
    private(set) var fault: TaskFailure?
    private var seen: Set = []

    mutating func take(_ key: JSONKey, _ value: JSONValue) {
      guard fault == nil else { return }
      do throws(TaskFailure) { try read(key, value) } catch { fault = error }
    }

    /// Null counts as absent, but for the arguments.
    private mutating func read(_ key: JSONKey, _ value: JSONValue) throws(TaskFailure) {
      guard let field = Field(key) else {
        throw Argument(value, at: JSONPointer(tokens: [key.string]).description).unknown(
          among: Field.allCases.map(\.name))
      }
      let argument = Argument(value, at: field.pointer)
      // Which one was meant?
      guard seen.insert(Set(field)).inserted else { throw argument.refused("stands here twice") }
      if value.isNull, field != .args { return }
      switch field {
      case .task: type = try argument.string()
      case .args: arguments = value
      case .id: name = try argument.string()
      case .key: self.key = try argument.string()
      case .limit: limit = try Self.checked(limit: argument)
      case .timeout: timeout = try argument.seconds(upTo: Limits.longestTimeout)
      case .attempts: attempts = try argument.integer(in: 1...Limits.mostAttempts)
      case .repeatable: isRepeatable = try argument.bool()
      case .priority: _ = try argument.integer(in: -100...100)
      }
    }

    /// A node heeds no limit, which is the whole cluster's affair; a wrong one is refused all the same.
    private static func checked(limit: Argument) throws(TaskFailure) -> JSONValue {
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

  private enum Field: UInt16, CaseIterable {
    case task, args, id, key, limit, timeout, attempts, repeatable, priority

    init?(_ key: JSONKey) {
      switch key {
      case "task": self = .task
      case "args": self = .args
      case "id": self = .id
      case "key": self = .key
      case "limit": self = .limit
      case "timeout_s": self = .timeout
      case "attempts": self = .attempts
      case "repeatable": self = .repeatable
      case "priority": self = .priority
      default: return nil
      }
    }

    var name: String { self == .timeout ? "timeout_s" : "\(self)" }

    /// Each is short enough to be no allocation.
    var pointer: String {
      switch self {
      case .task: "/task"
      case .args: "/args"
      case .id: "/id"
      case .key: "/key"
      case .limit: "/limit"
      case .timeout: "/timeout_s"
      case .attempts: "/attempts"
      case .repeatable: "/repeatable"
      case .priority: "/priority"
      }
    }
  }

  private struct Set: OptionSet {
    let rawValue: UInt16

    init(rawValue: UInt16) { self.rawValue = rawValue }
    init(_ field: Field) { rawValue = 1 << field.rawValue }
  }
}
