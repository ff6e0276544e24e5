import Batch
import JSON
import Net

/// Tasks that are being submitted: each goes on as it is read, until there is a fault; the faults are gathered.
///
/// Guarded by: the loop's thread.
final class TaskDraft: LineDraft {
  private(set) var table = TaskTable()
  private(set) var hasIDs = false
  private(set) var faults: [Problem.Fault] = []
  private(set) var isTooLarge = false
  /// What counts where a task says nothing.
  var defaults: TaskFields?
  /// Whether none is enough.
  var mayBeEmpty = false
  private let keep: (TaskSpec) -> Void

  /// - Parameter keep: takes each task while there is no fault.
  init(keep: @escaping (TaskSpec) -> Void) { self.keep = keep }

  /// Whether no further fault would be told.
  var isHopeless: Bool { faults.count >= CoordinatorLimits.faultsTold }

  func add(line: ArraySlice<UInt8>, number: Int) {
    do throws(TaskSpecError) {
      try add(TaskSpec(parsing: line, defaults: defaults))
    } catch {
      add(error, line: number)
    }
  }

  /// - Parameter place: where it stands in the document.
  func add(_ value: JSONValue, at place: JSONPointer) {
    do throws(TaskSpecError) {
      try add(TaskSpec(value, defaults: defaults))
    } catch {
      add(error.inside(place), line: nil)
    }
  }

  func add(_ error: TaskSpecError, line: Int?) {
    if error.code == .tooLarge { isTooLarge = true }
    guard !isHopeless else { return }
    faults.append(Problem.Fault(line: line, pointer: error.pointer.description, detail: error.detail))
  }

  /// The table, which the draft then no longer holds: it is large, and the scheduler changes it.
  func takeTable(isOpen: Bool = false) -> TaskTable {
    table.isOpen = isOpen
    defer { table = TaskTable() }
    return table
  }

  private func add(_ spec: TaskSpec) throws(TaskSpecError) {
    guard table.count < TaskTable.countLimit else {
      throw TaskSpecError(at: JSONPointer(), "a batch has at most \(TaskTable.countLimit) tasks")
    }
    // A submission with a fault keeps nothing.
    guard faults.isEmpty else { return }
    hasIDs = hasIDs || spec.id != nil
    table.append(spec)
    keep(spec)
  }

  /// Nil for a submission without a fault.
  var problem: Problem? {
    guard let first = faults.first else {
      guard table.count == 0, !mayBeEmpty else { return nil }
      return .badRequest("There must be at least one task; here is none.", pointer: "/tasks")
    }
    return .faults(faults, first, isTooLarge: isTooLarge, one: "A task")
  }
}

extension Problem {
  /// What of a body is wrong.
  static func faults(_ faults: [Fault], _ first: Fault, isTooLarge: Bool, one: String) -> Problem {
    let place = first.line.map { "line \($0)" } ?? first.pointer.flatMap { $0.isEmpty ? nil : $0 } ?? "the body"
    let more = faults.count == 1 ? "" : " (and \(faults.count - 1) more, see errors)"
    return Problem(
      status: isTooLarge ? 413 : 400, code: isTooLarge ? "too_large" : one == "A task" ? "bad_tasks" : "bad_items",
      title: isTooLarge ? "\(one) is too large; nothing was kept" : "The submission has faults; nothing was kept",
      detail: "\(place): \(first.detail)\(more)", faults: faults)
  }
}

extension TaskSpecError {
  static let lineTooLong = TaskSpecError(
    .tooLarge, at: JSONPointer(), "the line is longer than a task may be, which is \(TaskLimits.bytes) bytes (1 MiB)")
}
