internal import JSON

/// One line of a shard: a batch's task with its place there and the number of the attempt to make.
struct ShardLine {
  let index: Int
  let attempt: Int
  /// A task that cannot run here fails alone; the rest of the shard runs.
  let draft: Result<TaskDraft, TaskFailure>

  /// - Throws: `badArguments` when the line cannot be answered at all: no JSON object, or no index.
  init(_ bytes: ArraySlice<UInt8>, types: TaskTypes) throws(TaskFailure) {
    var fields = TaskDraft.Fields()
    var (index, attempt): (JSONValue?, JSONValue?)
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(bytes) { key, member in
        switch key {
        case "index" where index == nil: index = member
        case "attempt" where attempt == nil: attempt = member
        default: fields.take(key, member)
        }
      }
    } catch {
      throw TaskFailure(.badArguments, "not JSON: \(error)", pointer: "")
    }
    guard let index = index?.int, index >= 0 else {
      throw TaskFailure(.badArguments, "/index must be a whole number from 0", pointer: "/index")
    }
    self.index = index
    self.attempt = max(1, attempt?.int ?? 1)
    draft = Result { () throws(TaskFailure) in
      guard value.bytes.count <= Limits.taskBytes + Limits.envelopeBytes else { throw TaskDraft.tooLarge }
      return try TaskDraft(fields, bytes: value.bytes.count, types: types)
    }
  }
}
