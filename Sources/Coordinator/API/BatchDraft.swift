import Batch
import Clockwork
import JSON
import Net

/// A batch that is being submitted: its tasks go straight into the journal, its faults are gathered.
///
/// Guarded by: the loop's thread.
final class BatchDraft {
  let id: UUIDv7
  let journal: BatchJournal
  private(set) var table = TaskTable()
  private(set) var hasIDs = false
  private(set) var faults: [Problem.Fault] = []
  private(set) var isTooLarge = false
  var name: String?
  var defaults: TaskFields?
  var callbackURL: String?

  init(id: UUIDv7, journal: BatchJournal) { (self.id, self.journal) = (id, journal) }

  /// Whether no further fault would be told.
  var isHopeless: Bool { faults.count >= CoordinatorLimits.faultsTold }

  func add(line: ArraySlice<UInt8>, number: Int) {
    do throws(TaskSpecError) {
      try add(TaskSpec(parsing: line, defaults: defaults))
    } catch {
      add(error, line: number)
    }
  }

  /// - Parameter place: its place in the document's list.
  func add(_ value: JSONValue, place: Int) {
    do throws(TaskSpecError) {
      try add(TaskSpec(value, defaults: defaults))
    } catch {
      add(error.inside(JSONPointer(tokens: ["tasks", String(place)])), line: nil)
    }
  }

  func add(_ error: TaskSpecError, line: Int?) {
    if error.code == .tooLarge { isTooLarge = true }
    guard !isHopeless else { return }
    faults.append(Problem.Fault(line: line, pointer: error.pointer.description, detail: error.detail))
  }

  /// The table, which the draft then no longer holds: it is large, and the scheduler changes it.
  func takeTable() -> TaskTable {
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
    journal.appendTask(spec)
  }

  /// Nil for a submission without a fault.
  var problem: Problem? {
    guard let first = faults.first else {
      guard table.count == 0 else { return nil }
      return .badRequest("A batch needs at least one task; this one has none.", pointer: "/tasks")
    }
    let place = first.line.map { "line \($0)" } ?? first.pointer.flatMap { $0.isEmpty ? nil : $0 } ?? "the body"
    let more = faults.count == 1 ? "" : " (and \(faults.count - 1) more, see errors)"
    return Problem(
      status: isTooLarge ? 413 : 400, code: isTooLarge ? "too_large" : "bad_tasks",
      title: isTooLarge ? "A task is too large; nothing was kept" : "The submission has faults; nothing was kept",
      detail: "\(place): \(first.detail)\(more)", faults: faults)
  }
}

extension TaskSpecError {
  static let lineTooLong = TaskSpecError(
    .tooLarge, at: JSONPointer(), "the line is longer than a task may be, which is \(TaskLimits.bytes) bytes (1 MiB)")
}
