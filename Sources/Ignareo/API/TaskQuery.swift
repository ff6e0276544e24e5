internal import Clockwork
internal import HTTP
internal import Net

/// What a request to `/tasks` says besides its body.
enum TaskQuery {
  enum Form { case document, stream }

  /// JSON unless it says otherwise; `curl -d` says that it is a form, which is refused with the way out.
  static func form(_ request: HTTPRequestHead) throws(Problem) -> Form {
    let expected = "application/json, or application/x-ndjson with one task a line"
    if let coding = request.headers["content-encoding"], coding.lowercased() != "identity" {
      throw Problem(
        status: 415, code: "unsupported_media_type", title: "Unsupported media type",
        detail: "Content-Encoding is '\(coding)'; send the body as it is.")
    }
    guard let text = request.headers["content-type"] else { return .document }
    switch MediaType(text)?.essence {
    case "application/json", "text/json": return .document
    case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines": return .stream
    default: throw .unsupportedMediaType(text, expected: expected)
    }
  }

  /// `?wait=SECONDS`; nil when it is not there.
  static func wait(_ request: HTTPRequestHead) throws(Problem) -> Duration? {
    guard let text = request.query["wait"] else { return nil }
    guard let seconds = Double(text), seconds >= 0, seconds.isFinite else {
      throw bad("wait", text, "a number of seconds, 0 or more")
    }
    return min(Duration(secondsClamped: seconds), Limits.longestWait)
  }

  static func limit(_ request: HTTPRequestHead) throws(Problem) -> Int {
    guard let text = request.query["limit"] else { return Limits.listedTasksByDefault }
    guard let limit = Int(text), (0...Limits.listedTasks).contains(limit) else {
      throw bad("limit", text, "a whole number from 0 to \(Limits.listedTasks)")
    }
    return limit
  }

  static func state(_ request: HTTPRequestHead) throws(Problem) -> [TaskTable.Place]? {
    guard let text = request.query["state"] else { return nil }
    guard let state = TaskStateName(rawValue: text) else {
      throw bad("state", text, "one of \(TaskStateName.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return state.places
  }

  static func bad(_ name: String, _ text: String, _ expected: String) -> Problem {
    Problem(
      status: 400, code: "bad_query", title: "A query parameter is not as it must be",
      detail: "?\(name)=\(text): expected \(expected).")
  }

  static func conflict(_ detail: String) -> Problem {
    Problem(status: 409, code: "conflict", title: "Refused; nothing was taken", detail: detail)
  }
}
