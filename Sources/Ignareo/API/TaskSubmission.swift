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

  /// One task of a stream; `line` counts from 1.
  mutating func add(line: Int, _ bytes: ArraySlice<UInt8>) {
    do throws(JSONError) {
      add(try JSONValue.parse(bytes), line: line, prefix: "")
    } catch {
      faults.append(Problem.Fault(line: line, pointer: "", detail: "not JSON: \(error)"))
    }
  }

  /// A task of a document; `place` is its index in the document's array, nil for a document that is one task.
  mutating func add(_ task: JSONValue, at place: Int?) {
    add(task, line: nil, prefix: place.map { "/\($0)" } ?? "")
  }

  mutating func refuse(line: Int?, _ failure: TaskFailure) {
    note(failure, line: line, prefix: "")
  }

  private mutating func add(_ value: JSONValue, line: Int?, prefix: String) {
    do throws(TaskFailure) {
      let draft = try TaskDraft(value, types: types)
      // What has been refused already is only read on for further faults.
      guard faults.isEmpty else { return }
      drafts.append(draft)
      bytes += draft.bytes
    } catch {
      note(error, line: line, prefix: prefix)
    }
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
