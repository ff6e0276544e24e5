internal import JSON
internal import Loop
internal import Net

/// A JSON text of one task or an array of them, as it is checked: in slices, so that the loop serves others in between,
/// and no further than there is room for, which is kept until it is checked.
///
/// Guarded by: the pool's loop.
final class TaskDocument: @unchecked Sendable {
  private let bytes: [UInt8]
  private let pool: TaskPool
  private let isWanted: () -> Bool
  private let checked: (Result<TaskSubmission, Problem>) -> Void
  private let reservation: Reservation

  private var elements: JSONElements
  private var submission: TaskSubmission
  private var place = 0

  /// - Parameters:
  ///   - isWanted: asked before each slice, whether the submitter is still there.
  ///   - checked: takes all tasks, or the faults of the first bad ones; a problem where the text is no JSON or there is
  ///     no room. Not called once it is not wanted.
  init(
    _ bytes: [UInt8], _ pool: TaskPool, isWanted: @escaping () -> Bool,
    checked: @escaping (Result<TaskSubmission, Problem>) -> Void
  ) {
    (self.bytes, self.pool, self.isWanted, self.checked) = (bytes, pool, isWanted, checked)
    reservation = Reservation(pool)
    elements = JSONElements(bytes)
    submission = TaskSubmission(types: pool.types)
  }

  func read() {
    do throws(JSONError) {
      if elements.isArray { try readSlice() } else { try readOne() }
    } catch {
      refuse(error)
    }
  }

  /// What is longer than a task is not even parsed.
  private func readOne() throws(JSONError) {
    let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0a, 0x0d].contains(byte) }
    let text = bytes.drop(while: isSpace)
    if text.count > Limits.taskBytes, (text.lastIndex { !isSpace($0) } ?? 0) - text.startIndex >= Limits.taskBytes {
      submission.refuse(line: nil, TaskDraft.tooLarge)
    } else {
      submission.add(try JSONValue.parse(bytes), at: nil)
    }
    finish(.success(submission))
  }

  private func finish(_ result: Result<TaskSubmission, Problem>) {
    reservation.release()
    checked(result)
  }

  private func readSlice() throws(JSONError) {
    guard isWanted() else { return reservation.release() }
    let end = place + Limits.tasksPerTurn
    var sliceBytes = 0
    while place < end, sliceBytes < Limits.taskBytesPerTurn {
      guard let task = try elements.next() else { return finish(.success(submission)) }
      submission.add(task, at: place)
      if submission.isHopeless { return finish(.success(submission)) }
      place += 1
      sliceBytes += task.bytes.count
    }
    do throws(PoolRefusal) {
      try reservation.grow(tasks: submission.drafts.count, bytes: submission.bytes)
    } catch {
      return finish(.failure(Problem(error)))
    }
    pool.loop.execute { [self] in
      do throws(JSONError) { try readSlice() } catch { refuse(error) }
    }
  }

  private func refuse(_ error: JSONError) {
    let place = error.position(in: bytes)
    let problem = Problem(
      status: 400, code: "invalid_json", title: "The body is not valid JSON", detail: "\(error.cause), at \(place)",
      faults: [Problem.Fault(line: place.line, detail: "\(error.cause), at \(place)")])
    finish(.failure(problem))
  }
}
