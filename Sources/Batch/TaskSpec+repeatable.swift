package import JSON

extension TaskSpec {
  /// May a task of this type run again when nobody knows whether it took effect? The methods are those that RFC 9110,
  /// section 9.2.2, calls idempotent. A type that the cluster's users made is not repeatable unless its task says so.
  package static func isRepeatable(type: String, args: JSONValue?) -> Bool {
    switch type {
    case "echo", "sleep", "fail": true
    case "http": isIdempotent(method: args?["method"])
    case "flow": (args?["steps"]?.elements).map { $0.allSatisfy(isRepeatable(step:)) } ?? false
    default: false
    }
  }

  private static func isIdempotent(method: JSONValue?) -> Bool {
    guard let method, !method.isNull else { return true }
    return ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"].contains(method.string?.uppercased() ?? "")
  }

  private static func isRepeatable(step: JSONValue) -> Bool {
    var verbs = 0
    var repeatable = true
    step.forEachMember { key, value in
      switch key {
      case "get", "head", "put", "delete", "extract", "sleep_s", "assert", "set": verbs += 1
      case "post", "patch":
        verbs += 1
        repeatable = false
      case "poll":
        verbs += 1
        repeatable = repeatable && isRepeatable(step: value)
      default: break
      }
    }
    return verbs == 1 && repeatable
  }
}
