import Batch
import Clockwork
import HTTP
import JSON
import Net

/// `POST /batches/{id}/tasks` and `POST /batches/{id}/close`.
///
/// Guarded by: the loop's thread.
final class AdditionEndpoint {
  let dispatcher: Dispatcher
  private let journal: Journal
  /// What the calls that are under way hold in memory.
  fileprivate var gatheredBytes = 0

  init(dispatcher: Dispatcher, journal: Journal) { (self.dispatcher, self.journal) = (dispatcher, journal) }

  func take(_ batch: BatchRecord, _ exchange: HTTPExchange) throws(Problem) {
    let options = try SubmissionOptions(exchange)
    guard options.name == nil, options.callbackURL == nil, !options.follows, !options.isOpen else {
      throw .badRequest(
        "?name=, ?callback_url=, ?open= and ?follow= belong to POST /batches; here are only tasks and their defaults.")
    }
    guard batch.manifest.joining == nil else { throw .fedByPools(batch) }
    guard let intake = batch.intake else { return try answerAgain(exchange, options, of: batch) }
    if let key = options.idempotencyKey {
      switch intake.keys[key] {
      case .reading?: throw .keyInUse
      case .taken(let digest)?: return compare(exchange, options, with: digest, batch)
      case nil: break
      }
    }
    guard intake.state == .open else { throw .closedBatch(batch) }
    let addition = try Addition(exchange, options, to: batch, intake, self)
    if let problem = addition.obstacle { throw problem }
    if let key = options.idempotencyKey { intake.reserve(key: key) }
    TaskReading(exchange, options, for: addition).start()
  }

  func close(_ batch: BatchRecord, _ exchange: HTTPExchange) throws(Problem) {
    guard batch.manifest.isOpen else { throw .closedBatch(batch) }
    let dispatcher = dispatcher
    guard let intake = batch.intake else {
      return exchange.respond(json: BatchDocument.bytes(of: batch, dispatcher))
    }
    if let problem = trouble { throw problem }
    intake.close { problem in
      if let problem { return exchange.respond(problem) }
      exchange.respond(json: BatchDocument.bytes(of: batch, dispatcher))
    }
  }

  /// The disk is full, or well again: those who wait for it are told.
  func journalChanged() {
    guard let trouble else { return }
    for batch in Array(dispatcher.book.all) { batch.intake?.giveUp(trouble) }
  }

  fileprivate var trouble: Problem? { journal.engine.trouble.map { .noSpace($0) } }

  fileprivate var isFull: Bool { !dispatcher.book.makeRoom() }

  /// A batch that has ended takes nothing, but says of a call that it took what it said then.
  private func answerAgain(
    _ exchange: HTTPExchange, _ options: SubmissionOptions, of batch: BatchRecord
  ) throws(Problem) {
    guard batch.manifest.isOpen, let key = options.idempotencyKey else { throw .closedBatch(batch) }
    batch.journal.findAddition(key) { [self] found in
      guard case .success(let digest) = found else { return exchange.respond(.unreadable) }
      guard let digest else { return exchange.respond(.closedBatch(batch)) }
      compare(exchange, options, with: digest, batch)
    }
  }

  /// The key was used before: the same call is answered as it was, another one is refused.
  private func compare(
    _ exchange: HTTPExchange, _ options: SubmissionOptions, with digest: BatchManifest.Digest, _ batch: BatchRecord
  ) {
    options.compareBody(of: exchange, with: digest) { [dispatcher] isSame in
      guard isSame else { return exchange.respond(.otherBody) }
      exchange.respond(json: BatchDocument.bytes(of: batch, dispatcher))
    }
  }
}

/// One call as it arrives: its tasks are gathered in memory, so that a call with a fault leaves nothing.
///
/// Guarded by: the loop's thread. Its reading keeps it alive, and then the batch's intake.
private final class Addition: TaskTaker {
  let draft: TaskDraft
  private let exchange: HTTPExchange
  private let options: SubmissionOptions
  private let batch: BatchRecord
  private let intake: BatchIntake
  private let endpoint: AdditionEndpoint
  private let gathering: Gathering

  /// Guarded by: the loop's thread.
  private final class Gathering {
    var tasks: [TaskSpec] = []
    var bytes = 0
  }

  init(
    _ exchange: HTTPExchange, _ options: SubmissionOptions, to batch: BatchRecord, _ intake: BatchIntake,
    _ endpoint: AdditionEndpoint
  ) throws(Problem) {
    (self.exchange, self.options, self.batch) = (exchange, options, batch)
    (self.intake, self.endpoint) = (intake, endpoint)
    let gathering = Gathering()
    self.gathering = gathering
    draft = TaskDraft { [endpoint] task in
      let bytes = task.bytes.count + CoordinatorLimits.gatheredTaskBytes
      gathering.tasks.append(task)
      gathering.bytes += bytes
      endpoint.gatheredBytes += bytes
    }
    draft.defaults = try Self.defaults(options.defaults, over: batch.manifest.defaults)
  }

  /// The batch's own defaults lie below those of the call.
  private static func defaults(_ own: TaskFields?, over batch: [UInt8]?) throws(Problem) -> TaskFields? {
    guard let batch else { return own }
    do throws(TaskSpecError) {
      let below = try TaskFields(JSONValue(trusted: batch[...]))
      return try own?.over(below) ?? below
    } catch {
      throw .badRequest(error.detail, pointer: "/defaults")
    }
  }

  var obstacle: Problem? {
    if let trouble = endpoint.trouble { return trouble }
    if endpoint.isFull { return .full }
    if gathering.bytes > CoordinatorLimits.callBytes { return .callTooLarge }
    return endpoint.gatheredBytes > CoordinatorLimits.gatheredBytes ? .callsHoldTooMuch : nil
  }

  func taken(from reading: TaskReading) {}

  let smallerForm = "send the tasks in several calls."

  func open(_ body: [UInt8]) throws(Problem) -> (tasks: [JSONValue], place: [String]) {
    let document = try SubmissionDocument(body, isAddition: true)
    draft.defaults = try document.defaults(over: draft.defaults)
    return (document.tasks, document.isBare ? [] : ["tasks"])
  }

  func accept(_ digest: BodyDigest) {
    if let problem = obstacle { return refuse(problem) }
    let addition = options.idempotencyKey.map { BatchManifest.Addition(key: $0, digest: digest.kept) }
    let tasks = gathering.tasks
    gathering.tasks = []
    intake.add(
      BatchIntake.Call(tasks, draft.takeTable(), hasIDs: draft.hasIDs, addition: addition) { [self] problem in
        if let problem { return refuse(problem) }
        leave()
        let location: HTTPHeaders = ["Location": "/batches/\(batch.id.text)"]
        exchange.respond(
          status: 202, headers: location, json: BatchDocument.bytes(of: batch, endpoint.dispatcher))
      })
  }

  func refuse(_ problem: Problem) {
    leave()
    if let key = options.idempotencyKey { intake.release(key: key) }
    exchange.respond(problem)
  }

  private func leave() {
    endpoint.gatheredBytes -= gathering.bytes
    (gathering.tasks, gathering.bytes) = ([], 0)
  }
}

extension Problem {
  fileprivate static func fedByPools(_ batch: BatchRecord) -> Problem {
    let names = batch.manifest.joining?.sources.map(\.name).joined(separator: ", ") ?? ""
    return Problem(
      status: 409, code: "batch_closed", title: "The batch takes no more tasks",
      detail: "Its tasks are made of what is in pools: bring items to \(names) with POST /pools/{name}/items.")
  }

  fileprivate static let callTooLarge = Problem(
    status: 413, code: "too_large", title: "The call is too large; nothing was kept",
    detail: "One call brings an open batch at most \(CoordinatorLimits.callBytes) bytes of tasks (64 MiB), "
      + "\(CoordinatorLimits.gatheredTaskBytes) more counted for each; send them in several calls.")

  static let callsHoldTooMuch = Problem(
    status: 503, code: "busy", title: "Too many tasks are on their way",
    detail: "The calls under way hold all that is allowed; nothing was kept, send it again in a moment.", retryAfter: 1)
}
