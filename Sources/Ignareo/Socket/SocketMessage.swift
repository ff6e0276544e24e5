internal import JSON
internal import Net

/// What a client says on `/socket`.
enum SocketMessage {
  /// A task, or a list of tasks that are registered together or not at all. Not looked into yet.
  case register(JSONValue)
  /// A node's identifier of a task, as it was sent.
  case cancel(String)

  /// - Throws: 400 with the pointer of what is wrong.
  init(_ message: JSONValue) throws(Problem) {
    guard message.kind == .object else { throw Self.bad("", "a message is an object") }
    var found: SocketMessage?
    try message.forEachMember { (key, value) throws(Problem) in
      let pointer = "\(JSONPointer(tokens: [key.string]))"
      switch (key.string, found) {
      case ("register", nil): found = .register(value)
      case ("cancel", nil):
        guard let id = value.string else { throw Self.bad(pointer, "\(pointer) must be a string") }
        found = .cancel(id)
      case ("register", _), ("cancel", _):
        throw Self.bad(pointer, "a message says one thing: \(pointer) is one too many")
      default: throw Self.bad(pointer, "\(pointer) is not known here")
      }
    }
    guard let found else { throw Self.bad("", "this message is empty") }
    self = found
  }

  private static func bad(_ pointer: String, _ cause: String) -> Problem {
    let detail = "\(cause); send {\"register\":{a task}}, {\"register\":[tasks]} or {\"cancel\":\"a task's id\"}"
    return Problem(
      status: 400, code: "bad_message", title: "The message is not as it must be", detail: detail,
      faults: [Problem.Fault(pointer: pointer, detail: cause)])
  }

  /// The name that the submitter gave the task that a problem is about.
  ///
  /// - Parameter pointer: of the problem, into the message; one that names no task means the message's only one.
  static func submittedID(in message: JSONValue, at pointer: String) -> String? {
    guard let tasks = message["register"] else { return nil }
    guard tasks.kind == .array else { return tasks["id"]?.string }
    let tokens = (try? JSONPointer(pointer))?.tokens ?? []
    return tokens.count < 2 ? nil : tasks.at(JSONPointer(tokens: [tokens[1], "id"]))?.string
  }
}
