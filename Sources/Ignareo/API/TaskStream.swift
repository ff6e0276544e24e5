internal import HTTP
internal import JSON
internal import Loop
internal import Net

/// One NDJSON stream of `POST /tasks`. It may be as long as it likes, and rest for as long as its connection lives.
/// Each task is registered as its line comes, and while the pool has no room, no more is read, so that TCP slows the
/// sender down.
///
/// A bad line ends it. The tasks before that line stand, and the answer says how many they are.
/// Guarded by: the pool's loop.
final class TaskStream: LineTaker, RoomWaiter, @unchecked Sendable {
  private let pool: TaskPool
  private let exchange: HTTPExchange
  private let registered: RegisteredTasks
  private let whenOver: (TaskStream) -> Void
  private var lines: LineStream!
  private var faults: TaskSubmission
  /// There is room for these in this turn, in which they are registered together.
  private var batch: [TaskDraft] = []
  private var batchBytes = 0
  /// Waits for room.
  private var waiting: TaskDraft?
  /// Whether it is this stream's turn at the room that there is.
  private var isServed = false

  init(
    _ exchange: HTTPExchange, _ pool: TaskPool, _ registered: RegisteredTasks,
    whenOver: @escaping (TaskStream) -> Void
  ) {
    (self.exchange, self.pool, self.registered, self.whenOver) = (exchange, pool, registered, whenOver)
    faults = TaskSubmission(types: pool.types)
    lines = LineStream(exchange, limit: Limits.taskBytes, taker: self)
  }

  func read() {
    // While it waits for room behind its last line, only this tells that the sender has left.
    exchange.onAbort { [weak self] in self?.lines.stop(Self.broken) }
    lines.read(mayRest: true)
  }

  /// Ends it: this node takes no more. What is registered stands.
  func refuse(_ refusal: PoolRefusal) { lines.stop(Problem(refusal)) }

  // MARK: Lines

  func take(_ line: ArraySlice<UInt8>, number: Int) -> LineStream.Verdict {
    guard let draft = faults.read(line: number, line) else {
      register()
      return faults.isHopeless ? .refuse(faults.problem ?? Self.broken) : .next
    }
    // Behind a bad line the others are only read to name those that are bad too.
    return faults.faults.isEmpty ? take(draft) : .next
  }

  private func take(_ draft: TaskDraft) -> LineStream.Verdict {
    do throws(PoolRefusal) {
      guard isServed || !pool.hasRoomWaiters else { return wait(with: draft) }
      try pool.checkRoom(tasks: batch.count + 1, bytes: batchBytes + draft.bytes)
      batch.append(draft)
      batchBytes += draft.bytes
      return .next
    } catch {
      register()
      return error == .draining ? .refuse(Problem(error)) : wait(with: draft)
    }
  }

  func tooLong(line: Int) -> Problem {
    register()
    faults.refuse(line: line, TaskDraft.tooLarge)
    return faults.problem ?? Self.broken
  }

  func pieceEnds() -> Problem? {
    register()
    return faults.problem
  }

  private func register() {
    guard !batch.isEmpty else { return }
    let drafts = batch
    (batch, batchBytes) = ([], 0)
    registered.add(pool.register(drafts))
  }

  // MARK: Waiting for room

  var neededBytes: Int { waiting?.bytes ?? 0 }

  private func wait(with draft: TaskDraft) -> LineStream.Verdict {
    waiting = draft
    pool.wait(forRoom: self)
    return .pause
  }

  func roomIsBack() {
    guard let draft = waiting else { return }
    waiting = nil
    isServed = true
    defer { isServed = false }
    switch take(draft) {
    case .next:
      register()
      lines.resume()
    case .pause: break
    case .refuse(let problem): lines.stop(problem)
    }
  }

  // MARK: The end

  func ended(_ problem: Problem?) {
    waiting = nil
    pool.forget(roomWaiter: self)
    whenOver(self)
    guard exchange.isOpen else {
      return pool.log.info("stream_broken", ["peer": "\(exchange.peer)", "registered": "\(registered.count)"])
    }
    if let problem { registered.answer(problem) } else { registered.answerOnceWanted() }
  }

  private static let broken = Problem(HTTPError(status: 400, reason: "The stream broke off."))
}
