internal import JSON

/// `sleep`: waits for a time and gives it back.
enum SleepTask {
  static let type = TaskType(
    name: "sleep", summary: "waits for some seconds and gives them back",
    schema: JSONValue(
      trusted: Array(
        (#"{"type":"object","properties":{"seconds":{"type":"number","minimum":0,"maximum":2592000}},"#
          + #""required":["seconds"],"additionalProperties":false}"#).utf8)[...])
  ) { value throws(TaskFailure) in
    var seconds: Argument?
    for (name, argument) in try Argument(value).members() {
      switch name {
      case "seconds": seconds = argument
      default: throw argument.unknown(among: ["seconds"])
      }
    }
    guard let seconds else { throw TaskFailure(.badArguments, "/seconds is missing", pointer: "/seconds") }
    let duration = try seconds.seconds(upTo: Limits.longestTimeout, allowingZero: true)
    let answer = value
    return PreparedTask(isRepeatable: true) { context in
      try await context.sleep(duration)
      return answer
    }
  }
}
