internal import Clockwork
internal import HTTP
internal import JSON
internal import Loop
internal import Net

/// What one `POST /tasks` has registered, as its answer will tell it: by identifiers or, where it waits, with results.
///
/// The results that it holds outlive what the pool keeps of them, until its client has them. They count together with
/// those of all other waits and sockets; where that is too much and this holds the most, it lets go of them and answers
/// with identifiers, or breaks off the answer whose reader is too slow.
/// Guarded by: the pool's loop.
final class RegisteredTasks: ValueHolder, @unchecked Sendable {
  private enum Stage {
    /// More tasks may come.
    case gathering
    case waiting(LoopTimer?)
    case answering
    case over
  }

  private let exchange: HTTPExchange
  private let pool: TaskPool
  private let values: WaitingValues
  private let wait: Duration?
  private var stage = Stage.gathering

  /// All that were registered.
  private(set) var count = 0
  /// With their results to come; nil where the answer names identifiers alone.
  private var records: FIFO<TaskRecord>?
  private var unended = 0
  /// What the records hold that have ended.
  private(set) var waitingBytes = 0
  private var identifiers: [UUIDv7] = []
  /// How many identifiers there may be before those that the pool has forgotten are taken out: a stream may be longer
  /// than everything that is known here.
  private var sweepAt = Limits.identifiersBeforeSweep
  private var lostResults = false
  private lazy var whenEnded: (TaskRecord) -> Void = { [weak self] in self?.ended($0) }

  /// - Parameter wait: from the last task's registration on; nil answers without results.
  init(_ exchange: HTTPExchange, _ pool: TaskPool, _ values: WaitingValues, wait: Duration?) {
    (self.exchange, self.pool, self.values, self.wait) = (exchange, pool, values, wait)
    if wait != nil { records = FIFO() }
    exchange.onAbort { [self] in drop() }
  }

  /// Adds tasks that were registered in this turn: none of them has ended.
  func add(_ added: [TaskRecord]) {
    count += added.count
    guard records != nil else { return name(added.lazy.map(\.id)) }
    unended += added.count
    for record in added {
      record.whenEnded = whenEnded
      records?.append(record)
    }
  }

  private func name(_ added: some Sequence<UUIDv7>) {
    identifiers += added
    guard identifiers.count > sweepAt else { return }
    identifiers.removeAll { pool[$0] == nil }
    sweepAt = max(Limits.identifiersBeforeSweep, 2 * identifiers.count)
  }

  private func ended(_ record: TaskRecord) {
    guard records != nil else { return }
    unended -= 1
    hold(waitingBytes + record.waitingBytes)
    if case .waiting = stage, unended == 0 { answer(200) }
  }

  private func hold(_ bytes: Int) {
    let before = waitingBytes
    waitingBytes = bytes
    values.changed(self, from: before)
  }

  // MARK: Answering

  /// All are registered: answers, or waits for their ends first.
  func answerOnceWanted() {
    guard let wait, records != nil else { return answer(202) }
    if unended == 0 { return answer(200) }
    guard wait > .zero else { return answer(202) }
    stage = .waiting(pool.loop.schedule(after: wait) { [weak self] in self?.answer(202) })
  }

  /// Says what went wrong and which tasks stand all the same.
  func answer(_ problem: Problem) {
    var problem = problem
    guard count > 0 else { return finish { exchange.respond(problem) } }
    letGoOfResults()
    problem.title = "The stream was ended; \(count) of its tasks are registered"
    var headers: HTTPHeaders = ["Content-Type": "application/problem+json"]
    if let seconds = problem.retryAfter { headers.add("Retry-After", String(seconds)) }
    send(problem.status, headers) { object in
      problem.writeMembers(into: &object)
      object.member("registered", count)
    }
  }

  private func answer(_ status: Int) {
    let isPartial = records == nil && identifiers.count < count
    send(status, ["Content-Type": "application/json"]) { object in
      if isPartial { object.member("registered", count) }
      if lostResults { object.member("detail", Self.tooMuch) }
    }
  }

  private static let tooMuch =
    "The results that this wait held were more than this node can hold beside those of others: what is kept of them is "
    + "at GET /tasks/{id}. Wait for fewer tasks at a time, or read results as they come at /socket."

  private func send(_ status: Int, _ headers: HTTPHeaders, _ members: (inout JSONWriter) -> Void) {
    if case .waiting(let timer) = stage { timer?.cancel() }
    stage = .answering
    var place = 0
    let answer = TaskAnswer(exchange, members) { [self] in
      if records != nil { return nextResult() }
      defer { place += 1 }
      return place < identifiers.count ? Self.reference(identifiers[place]) : nil
    }
    answer.send(status, headers) { [self] in finish {} }
  }

  private func nextResult() -> [UInt8]? {
    guard let record = records?.popFirst() else { return nil }
    record.whenEnded = nil
    if record.hasEnded { hold(waitingBytes - record.waitingBytes) }
    return record.json
  }

  private static func reference(_ id: UUIDv7) -> [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("id", id.text)
      $0.member("href", TaskRecord.href(of: id))
    }
    return writer.bytes
  }

  private func finish(_ last: () -> Void) {
    stage = .over
    letGoOfResults()
    last()
  }

  // MARK: Giving up

  func giveUp() {
    pool.log.warning("wait_too_large", ["peer": "\(exchange.peer)", "tasks": "\(count)", "bytes": "\(waitingBytes)"])
    switch stage {
    case .gathering:
      lostResults = true
      letGoOfResults()
    case .waiting:
      lostResults = true
      letGoOfResults()
      answer(202)
    case .answering:
      letGoOfResults()
      exchange.abort()
    case .over: break
    }
  }

  /// What is left is told by identifiers alone.
  private func letGoOfResults() {
    guard var records else { return }
    self.records = nil
    var ids: [UUIDv7] = []
    while let record = records.popFirst() { ids.append(record.id) }
    name(ids)
    hold(0)
  }

  /// Nobody waits for an answer any more.
  private func drop() {
    if case .waiting(let timer) = stage { timer?.cancel() }
    finish {}
    identifiers = []
  }
}
