import Batch
import JSON
import Net

/// Items that are being brought to a pool: any JSON values, gathered until the call is whole.
///
/// Guarded by: the loop's thread.
final class ItemDraft: LineDraft {
  private(set) var items: [ArraySlice<UInt8>] = []
  /// What the items hold in memory.
  private(set) var bytes = 0
  private var faults: [Problem.Fault] = []
  private var isTooLarge = false
  /// Told of each more that is held.
  private let hold: (_ bytes: Int) -> Void

  init(_ hold: @escaping (_ bytes: Int) -> Void) { self.hold = hold }

  var isHopeless: Bool { faults.count >= CoordinatorLimits.faultsTold }

  func add(line: ArraySlice<UInt8>, number: Int) {
    do throws(JSONError) {
      take(try JSONValue.parse(line))
    } catch {
      add(TaskSpecError(.notJSON, at: JSONPointer(), "not JSON: \(error)"), line: number)
    }
  }

  func add(_ value: JSONValue, at place: JSONPointer) {
    guard value.bytes.count <= TaskLimits.bytes else {
      return add(TaskSpecError.itemTooLarge(value.bytes.count).inside(place), line: nil)
    }
    take(value)
  }

  func add(_ error: TaskSpecError, line: Int?) {
    if error.code == .tooLarge { isTooLarge = true }
    guard !isHopeless else { return }
    faults.append(Problem.Fault(line: line, pointer: error.pointer.description, detail: error.detail))
  }

  private func take(_ value: JSONValue) {
    // A call with a fault keeps nothing.
    guard faults.isEmpty else { return }
    // Else one item would keep all of what arrived with it.
    items.append(Array(value.bytes)[...])
    let more = value.bytes.count + CoordinatorLimits.gatheredTaskBytes
    bytes += more
    hold(more)
  }

  func takeItems() -> [ArraySlice<UInt8>] {
    defer { items = [] }
    return items
  }

  var problem: Problem? {
    if let first = faults.first { return .faults(faults, first, isTooLarge: isTooLarge, one: "An item") }
    guard items.isEmpty else { return nil }
    return .badRequest("There must be at least one item; here is none.")
  }
}

extension TaskSpecError {
  fileprivate static func itemTooLarge(_ count: Int) -> TaskSpecError {
    TaskSpecError(
      .tooLarge, at: JSONPointer(), "an item is at most \(TaskLimits.bytes) bytes (1 MiB), and this one has \(count)")
  }
}
