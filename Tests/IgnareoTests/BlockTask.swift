import JSON
import Loop

@testable import Ignareo

let mebibyte = 1 << 20

/// So many tasks as a list, each with a value of so many bytes.
func blocks(_ count: Int, of bytes: Int) -> String {
  "[\(Array(repeating: "{\"task\":\"block\",\"args\":\(bytes)}", count: count).joined(separator: ","))]"
}

extension TaskTypes {
  /// The built-in types, and `block`, whose value is a string of so many bytes: all values of one size share their
  /// memory.
  static var withBlocks: TaskTypes {
    let values = Lock<[Int: JSONValue]>([:])
    var types = TaskTypes.builtIn
    types.add(
      TaskType(name: "block", summary: "gives much", schema: .null) { arguments throws(TaskFailure) in
        let count = arguments.int ?? 0
        let value = values.withLock { values in
          let value = values[count] ?? JSONValue.string(String(repeating: "x", count: count))
          values[count] = value
          return value
        }
        return PreparedTask(isRepeatable: true) { _ in value }
      })
    return types
  }
}
