internal import HTTP
internal import JSON
internal import Net

/// The tasks of one request in the making: all of them, or what is wrong with the first ten bad ones.
struct TaskSubmission {
  private let types: TaskTypes
  private(set) var drafts: [TaskDraft] = []
  private(set) var faults: [Problem.Fault] = []
  private(set) var bytes = 0
  private var codes: Set<TaskFailure.Code> = []

  init(types: TaskTypes) { self.types = types }

  var isHopeless: Bool { faults.count >= Limits.problemsListed }

  /// One task of a stream, which its reader takes over; nil for a bad one. `line` counts from 1.
  mutating func read(line: Int, _ bytes: ArraySlice<UInt8>) -> TaskDraft? {
    var fields = TaskDraft.Fields()
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue.parse(bytes) { fields.take($0, $1) } } catch {
      faults.append(Problem.Fault(line: line, pointer: "", detail: "not JSON: \(error)"))
      return nil
    }
    do throws(TaskFailure) {
      guard value.bytes.count <= Limits.taskBytes else { throw TaskDraft.tooLarge }
      guard value.kind == .object else { throw TaskDraft.noObject }
      return try TaskDraft(fields, bytes: value.bytes.count, types: types)
    } catch {
      note(error, line: line, prefix: "")
      return nil
    }
  }

  /// A task of a document; `place` is its index in the document's array, nil for a document that is one task.
  mutating func add(_ task: JSONValue, at place: Int?) {
    let prefix = place.map { "/\($0)" } ?? ""
    do throws(TaskFailure) {
      let draft = try TaskDraft(task, types: types)
      // What has been refused already is only read on for further faults.
      guard faults.isEmpty else { return }
      drafts.append(draft)
      bytes += draft.bytes
    } catch {
      note(error, line: nil, prefix: prefix)
    }
  }

  mutating func refuse(line: Int?, _ failure: TaskFailure) {
    note(failure, line: line, prefix: "")
  }

  private mutating func note(_ failure: TaskFailure, line: Int?, prefix: String) {
    drafts = []
    codes.insert(failure.code)
    let pointer = prefix + (failure.pointer ?? "")
    faults.append(Problem.Fault(line: line, pointer: pointer, detail: failure.message))
  }

  /// Why nothing of it is registered; nil when all is well.
  var problem: Problem? {
    guard let first = faults.first else { return nil }
    let code = codes.count == 1 ? codes.first?.rawValue : nil
    let others = faults.count == 1 ? "" : isHopeless ? " (and at least 9 more)" : " (and \(faults.count - 1) more)"
    let isTooLarge = codes.contains(.tooLarge)
    return Problem(
      status: isTooLarge ? 413 : 400, code: isTooLarge ? TaskFailure.Code.tooLarge.rawValue : code ?? "bad_request",
      title: "A task is not as it must be; nothing was registered",
      detail: first.detail + others, faults: faults)
  }
}
