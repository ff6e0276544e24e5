internal import JSON

/// `fail`: fails with a code and a message, always or the first few times, so that one can see what that looks like.
enum FailTask {
  static let type = TaskType(
    name: "fail", summary: "fails with a code and a message, always or for its first attempts",
    schema: .object { schema in
      schema.member("type", "object")
      schema.member("properties") { properties in
        properties.object {
          $0.object("code") { $0.member("enum", TaskFailure.Code.allCases.map(\.rawValue)) }
          $0.object("message") { $0.member("type", "string") }
          $0.object("times") { times in
            times.member("type", "integer")
            times.member("minimum", 0)
          }
        }
      }
      schema.member("additionalProperties", false)
    }
  ) { value throws(TaskFailure) in
    var code = TaskFailure.Code.internal
    var message = "failed as it was asked to"
    var times = Int.max
    for (name, argument) in try Argument(value).members() {
      switch name {
      case "code": code = try Self.code(argument)
      case "message": message = try argument.string()
      case "times": times = try argument.integer(in: 0...Int(Int32.max))
      default: throw argument.unknown(among: ["code", "message", "times"])
      }
    }
    let (failure, failures) = (TaskFailure(code, message, isRetryable: true, mayHaveTakenEffect: false), times)
    return PreparedTask(isRepeatable: true) { context in
      guard context.attempt > failures else { throw failure }
      return .object { $0.member("attempt", context.attempt) }
    }
  }

  private static func code(_ argument: Argument) throws(TaskFailure) -> TaskFailure.Code {
    guard let code = TaskFailure.Code(rawValue: try argument.string()) else {
      let known = TaskFailure.Code.allCases.map(\.rawValue).joined(separator: ", ")
      throw argument.refused("must be one of \(known)")
    }
    return code
  }
}
