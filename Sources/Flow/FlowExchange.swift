package import Clockwork
package import JSON

/// A request that a flow wants made.
package struct FlowRequest: Sendable {
  /// The fields of the `http` task type, with everything filled in.
  package let arguments: JSONValue
  /// When whoever waits for the answer gives up, besides what the arguments say.
  package let deadline: Instant?
  /// Where the fields stand in the flow's arguments, as `/steps/2/poll`.
  package let place: String
  package let verb: String
}

/// The answer to a request of a flow.
package struct FlowResponse: Sendable {
  /// An object with `status`, `url`, `http_version`, `headers`, `bytes` and `timing_ms`, as far as `want` named them.
  package let members: JSONValue
  package let body: [UInt8]

  package init(members: JSONValue, body: [UInt8]) {
    (self.members, self.body) = (members, body)
  }
}

/// What an answer's variable has: `{{login.status}}`.
enum ResponseMember: String, CaseIterable, Sendable {
  case status, url, headers, body, json, bytes
  case httpVersion = "http_version"
  case timing = "timing_ms"

  /// How `want` names it; nil for what is always there.
  var want: String? {
    switch self {
    case .url, .httpVersion: nil
    case .timing: "timing"
    case .status, .headers, .body, .json, .bytes: rawValue
    }
  }
}

/// What a request's fields must be: the rules of the `http` task type, which its owner hands in.
package struct RequestRules: Sendable {
  /// The names of the fields.
  package let fields: [String]
  /// What is wrong with these fields: the pointer of the one at fault, and a text that begins with it.
  package let problem: @Sendable (JSONValue) -> (pointer: String, message: String)?

  package init(
    fields: [String], problem: @escaping @Sendable (JSONValue) -> (pointer: String, message: String)?
  ) {
    (self.fields, self.problem) = (fields, problem)
  }
}
