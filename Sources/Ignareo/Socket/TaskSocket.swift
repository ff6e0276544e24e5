internal import Clockwork
internal import HTTP
internal import JSON
internal import Loop
internal import Net

/// One client's socket: its messages, answered one after the other in their order, and the results of the tasks that it
/// registered, each pushed once as it comes.
///
/// A client that does not keep up is not read from (the connection sees to that), so that no more of its tasks come,
/// and the results of those that end meanwhile wait here: as records, which outlive what the pool keeps of them. Tasks
/// do not depend on the socket: they go on without it.
/// Guarded by: the pool's loop.
final class TaskSocket: WebSocketDelegate, ValueHolder, @unchecked Sendable {
  private let socket: WebSocketConnection
  private let endpoint: SocketEndpoint
  private var pool: TaskPool { endpoint.pool }
  private lazy var whenEnded: (TaskRecord) -> Void = { [weak self] in self?.ended($0) }

  /// Of the tasks registered here, those that have not ended.
  private var unended = 0
  /// Those that have ended and whose results wait for the client, the oldest first, and what they hold.
  private var waiting = FIFO<TaskRecord>()
  private var heldBytes = 0
  /// What was counted of it together with what others hold.
  private(set) var waitingBytes = 0
  /// Whether a message is being answered: what its answer brings about is told behind it.
  private var isAnswering = false
  /// Whether a list of tasks is being read, which may take several turns; the message behind it waits.
  private var isReading = false
  private var mustEnd = false

  init(_ socket: WebSocketConnection, _ endpoint: SocketEndpoint) {
    self.socket = socket
    self.endpoint = endpoint
  }

  private func countWaiting() {
    let before = waitingBytes
    waitingBytes = heldBytes
    if before != heldBytes { endpoint.values.changed(self, from: before) }
  }

  // MARK: Messages in

  func socket(_ socket: WebSocketConnection, received message: WebSocketMessage) {
    answering {
      switch message {
      case .binary: refuse(.binaryMessage)
      case .text(let bytes): answer(bytes)
      }
    }
  }

  private func answering(_ body: () -> Void) {
    if isAnswering { return body() }
    isAnswering = true
    body()
    isAnswering = false
    push()
  }

  private func answer(_ bytes: [UInt8]) {
    let message: JSONValue
    do throws(JSONError) { message = try JSONValue.parse(bytes) } catch {
      return refuse(.notJSON(error, bytes))
    }
    do throws(Problem) {
      switch try SocketMessage(message) {
      case .register(let tasks): register(tasks, message)
      case .cancel(let id): try cancel(id)
      }
    } catch {
      refuse(error, message)
    }
  }

  private func refuse(_ problem: Problem, _ message: JSONValue = .null) {
    let id = SocketMessage.submittedID(in: message, at: problem.faults.first?.pointer ?? "")
    socket.send(text: SocketAnswer.refused(problem, submittedID: id))
  }

  // MARK: Registering

  /// Refuses early what would be refused late.
  private func register(_ tasks: JSONValue, _ message: JSONValue) {
    do throws(PoolRefusal) { try pool.checkRoom(tasks: 1, bytes: 0) } catch {
      return refuse(Problem(error).about("/register"), message)
    }
    guard tasks.kind == .array else {
      var submission = TaskSubmission(types: pool.types)
      submission.add(tasks, at: nil)
      return take(.success(submission), message, asList: false)
    }
    isReading = true
    socket.pause()
    let document = TaskDocument(Array(tasks.bytes), pool, isWanted: { [socket] in socket.isOpen }) { [self] result in
      answering {
        isReading = false
        take(result, message, asList: true)
      }
      socket.resume()
    }
    document.read()
  }

  private func take(_ result: Result<TaskSubmission, Problem>, _ message: JSONValue, asList: Bool) {
    do throws(Problem) {
      let submission = try result.get()
      if let problem = submission.problem { throw problem }
      do throws(PoolRefusal) {
        try pool.checkRoom(tasks: submission.drafts.count, bytes: submission.bytes)
      } catch {
        throw Problem(error)
      }
      // None of them ends within this turn, so that none can be missed.
      let records = pool.register(submission.drafts)
      for record in records { record.whenEnded = whenEnded }
      unended += records.count
      socket.send(text: SocketAnswer.registered(records, asList: asList))
    } catch {
      refuse(error.about("/register"), message)
    }
  }

  // MARK: Cancelling

  private func cancel(_ id: String) throws(Problem) {
    guard let uuid = UUIDv7(id), let record = pool[uuid] else {
      var problem = Problem.noTask(id)
      if UUIDv7(id) == nil { problem.detail += " cancel takes the id that registered has, not the submitter's own." }
      throw problem.about("/cancel")
    }
    pool.cancel(record)
    socket.send(text: SocketAnswer.cancelled(record))
  }

  // MARK: Results out

  private func ended(_ record: TaskRecord) {
    unended -= 1
    guard socket.isOpen else { return }
    waiting.append(record)
    heldBytes += record.waitingBytes
    push()
  }

  private func push() {
    while !isAnswering, socket.isOpen, !socket.isCongested, let record = waiting.popFirst() {
      heldBytes -= record.waitingBytes
      socket.send(text: SocketAnswer.result(record))
    }
    countWaiting()
    endOnceNothingIsOwed()
  }

  func socketDrained(_ socket: WebSocketConnection) { push() }

  // MARK: Ending

  func socketMustEnd(_ socket: WebSocketConnection) { mustEndSoon() }

  /// Closes as soon as every message is answered and every result is out.
  func mustEndSoon() {
    mustEnd = true
    endOnceNothingIsOwed()
  }

  private func endOnceNothingIsOwed() {
    guard mustEnd, !isAnswering, !isReading, unended == 0, waiting.isEmpty else { return }
    socket.close(.goingAway, reason: "this node is draining")
  }

  /// Its client is so far behind that what waits for it is too much for the node.
  func giveUp() {
    pool.log.warning(
      "socket_too_slow",
      ["peer": "\(socket.peer)", "waiting": "\(waiting.count)", "waiting_bytes": "\(waitingBytes)"])
    socket.close(.policyViolation, reason: "\(waiting.count) results wait for you, too many to hold: GET /tasks/{id}")
    dropWaiting()
  }

  func socket(_ socket: WebSocketConnection, endedWith code: WebSocketCloseCode, reason: String) {
    pool.log.info(
      "socket_ended",
      [
        "peer": "\(socket.peer)", "code": "\(code)", "reason": reason, "unended": "\(unended)",
        "unsent": "\(waiting.count)",
      ])
    dropWaiting()
    endpoint.forget(self)
  }

  private func dropWaiting() {
    waiting = FIFO()
    heldBytes = 0
    countWaiting()
  }
}

extension Problem {
  /// The same of a part of a message.
  fileprivate func about(_ part: String) -> Problem {
    var problem = self
    if problem.faults.isEmpty { problem.faults = [Fault(pointer: "", detail: detail)] }
    for place in problem.faults.indices { problem.faults[place].pointer = part + (problem.faults[place].pointer ?? "") }
    return problem
  }

  fileprivate static let binaryMessage = Problem(
    status: 415, code: "unsupported_media_type", title: "Unsupported media type",
    detail: "A message here is JSON, sent as text; this one was binary.")

  fileprivate static func notJSON(_ error: JSONError, _ bytes: [UInt8]) -> Problem {
    let place = error.position(in: bytes)
    return Problem(
      status: 400, code: "invalid_json", title: "The message is not valid JSON", detail: "\(error.cause), at \(place)",
      faults: [Fault(line: place.line, detail: "\(error.cause), at \(place)")])
  }
}
