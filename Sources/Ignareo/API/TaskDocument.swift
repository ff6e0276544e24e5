internal import HTTP
internal import JSON
internal import Loop
internal import Net

/// A JSON body of `POST /tasks`, one task or an array of them, as it is checked: in slices, so that the loop serves
/// others in between, and no further than there is room for.
///
/// Guarded by: the pool's loop.
final class TaskDocument: @unchecked Sendable {
  private let bytes: [UInt8]
  private let exchange: HTTPExchange
  private let pool: TaskPool
  private let checked: (TaskSubmission) -> Void

  private var elements: JSONElements
  private var submission: TaskSubmission
  private var place = 0

  /// - Parameter checked: takes all tasks, or the faults of the first bad ones; not called when the body was answered.
  init(
    _ bytes: [UInt8], _ exchange: HTTPExchange, _ pool: TaskPool, checked: @escaping (TaskSubmission) -> Void
  ) {
    (self.bytes, self.exchange, self.pool, self.checked) = (bytes, exchange, pool, checked)
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
    checked(submission)
  }

  private func readSlice() throws(JSONError) {
    guard exchange.isOpen else { return }
    let end = place + Limits.tasksPerTurn
    var sliceBytes = 0
    while place < end, sliceBytes < Limits.taskBytesPerTurn {
      guard let task = try elements.next() else { return checked(submission) }
      submission.add(task, at: place)
      if submission.isHopeless { return checked(submission) }
      place += 1
      sliceBytes += task.bytes.count
    }
    do throws(PoolRefusal) {
      try pool.checkRoom(tasks: submission.drafts.count, bytes: submission.bytes)
    } catch {
      return exchange.respond(Problem(error))
    }
    exchange.loop.execute { [self] in
      do throws(JSONError) { try readSlice() } catch { refuse(error) }
    }
  }

  private func refuse(_ error: JSONError) {
    let place = error.position(in: bytes)
    exchange.respond(
      Problem(
        status: 400, code: "invalid_json", title: "The body is not valid JSON",
        detail: "\(error.cause), at \(place)",
        faults: [Problem.Fault(line: place.line, detail: "\(error.cause), at \(place)")]))
  }
}
