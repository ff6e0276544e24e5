import Batch
import Clockwork
import HTTP
import JSON
import Loop
import Net

/// `POST /batches`.
///
/// Guarded by: the loop's thread.
final class SubmissionEndpoint {
  private let dispatcher: Dispatcher
  private let journal: Journal
  private let callbacks: Callbacks
  private var random = SystemRandomNumberGenerator()
  /// Submissions that wait for the disk.
  private var acceptances: [UUIDv7: Acceptance] = [:]
  private var latest: (time: Timestamp, id: UUIDv7)?

  init(dispatcher: Dispatcher, journal: Journal, callbacks: Callbacks) {
    (self.dispatcher, self.journal, self.callbacks) = (dispatcher, journal, callbacks)
  }

  func take(_ exchange: HTTPExchange) throws(Problem) {
    if let trouble = journal.engine.trouble { throw .noSpace(trouble) }
    guard dispatcher.book.makeRoom() else { throw .full }
    let options = try SubmissionOptions(exchange)
    if let key = options.idempotencyKey {
      switch dispatcher.book.use(ofKey: key) {
      case .reading?:
        throw Problem(
          status: 409, code: "key_in_use", title: "The submission is still being read",
          detail: "Another request with this Idempotency-Key is under way; ask again when it has ended.", retryAfter: 1)
      case .taken(let digest, let id)?: return compare(exchange, options, with: digest, of: id)
      case nil: dispatcher.book.reserve(key: key)
      }
    }
    let id = nextID()
    let draft = BatchDraft(id: id, journal: journal.begin(id))
    (draft.name, draft.defaults, draft.callbackURL) = (options.name, options.defaults, options.callbackURL)
    let submission = Submission(exchange, options, draft, self, journal, room: dispatcher.book)
    submission.read()
  }

  /// Later batches have greater ids, also within a millisecond: RFC 9562, section 6.2, method 3 (the time runs ahead).
  private func nextID() -> UUIDv7 {
    var time = max(WallClock.now, latest?.time ?? Timestamp(milliseconds: 0))
    var id = UUIDv7(at: time, using: &random)
    while let latest, id <= latest.id {
      time.milliseconds += 1
      id = UUIDv7(at: time, using: &random)
    }
    latest = (time, id)
    return id
  }

  // MARK: For a submission

  /// The disk is full, or well again: those who wait for it are told.
  func journalChanged() {
    guard journal.engine.trouble != nil else { return }
    for (id, acceptance) in acceptances {
      acceptances[id] = nil
      acceptance.give()
    }
  }

  func refuse(_ exchange: HTTPExchange, _ options: SubmissionOptions, _ draft: BatchDraft, _ problem: Problem) {
    journal.drop(draft.id)
    if let key = options.idempotencyKey { dispatcher.book.release(key: key) }
    exchange.respond(problem)
  }

  func accept(_ exchange: HTTPExchange, _ options: SubmissionOptions, _ draft: BatchDraft, _ digest: BodyDigest) {
    let manifest = BatchManifest(
      id: draft.id, name: draft.name, createdAt: WallClock.now, hasIDs: draft.hasIDs,
      idempotencyKey: options.idempotencyKey, digest: options.idempotencyKey.map { _ in digest.kept },
      callbackURL: draft.callbackURL)
    draft.journal.accept(manifest)
    let instant = dispatcher.loop.now
    let waiting = Acceptance { [self] in
      if let trouble = journal.engine.trouble { refuse(exchange, options, draft, .noSpace(trouble)) }
    }
    acceptances[draft.id] = waiting
    draft.journal.makeTasksDurable { [self] in
      // It was refused meanwhile, for want of room, and is dropped.
      guard acceptances.removeValue(forKey: draft.id) != nil else { return }
      let batch = BatchRecord(manifest, journal: draft.journal, instant: instant)
      dispatcher.book.add(batch)
      dispatcher.book.bindKey(of: manifest)
      callbacks.watch(batch)
      dispatcher.add(batch, draft.takeTable())
      answer(exchange, options, batch, status: 202)
    }
  }

  private func answer(_ exchange: HTTPExchange, _ options: SubmissionOptions, _ batch: BatchRecord, status: Int) {
    let location = "/batches/\(batch.id.text)"
    guard options.follows else {
      return exchange.respond(
        status: status, headers: ["Location": location], json: BatchDocument.bytes(of: batch, dispatcher))
    }
    ResultStream(exchange, batch, dispatcher, follows: true, endsWithSummary: true).start(headers: [
      "Location": location
    ])
  }

  /// The key was used before: the same submission gets its batch again, another one is refused.
  private func compare(
    _ exchange: HTTPExchange, _ options: SubmissionOptions, with digest: BatchManifest.Digest, of id: UUIDv7
  ) {
    var own = BodyDigest()
    own.take(options.signature.utf8)
    DecodedBody(exchange, options.coding).read { [self] event in
      switch event {
      case .chunk(let bytes): own.take(bytes)
      case .failed(let error): exchange.respond(error)
      case .end:
        guard own.kept == digest, let batch = dispatcher.book[id] else { return exchange.respond(Self.otherBody) }
        answer(exchange, options, batch, status: 200)
      }
    }
  }

  /// A submission that is read and not yet durable.
  private struct Acceptance {
    /// Refuses it.
    let give: () -> Void
  }

  private static let otherBody = Problem(
    status: 422, code: "key_reused", title: "The Idempotency-Key was used for another submission",
    detail: "This key came before with another body or query; use a new key for a new batch.")
}

/// One submission as it arrives.
///
/// Guarded by: the loop's thread. The exchange's handler keeps it alive.
private final class Submission {
  private let exchange: HTTPExchange
  private let options: SubmissionOptions
  private let draft: BatchDraft
  private let endpoint: SubmissionEndpoint
  private let journal: Journal
  private let room: BatchBook
  private let body: DecodedBody
  /// Of the decoded body: gzipped or not, it is the same submission.
  private var digest = BodyDigest()
  private var isOver = false

  init(
    _ exchange: HTTPExchange, _ options: SubmissionOptions, _ draft: BatchDraft, _ endpoint: SubmissionEndpoint,
    _ journal: Journal, room: BatchBook
  ) {
    (self.exchange, self.options, self.draft, self.endpoint) = (exchange, options, draft, endpoint)
    (self.journal, self.room, body) = (journal, room, DecodedBody(exchange, options.coding))
    digest.take(options.signature.utf8)
  }

  func read() {
    switch options.form {
    case .lines: readLines()
    case .document:
      body.collect(upTo: CoordinatorLimits.jsonBodyBytes) { [self] result in
        switch result {
        case .success(let body): read(document: body)
        case .failure(let error): refuse(Self.problem(error))
        }
      }
    }
  }

  private static func problem(_ error: HTTPError) -> Problem {
    guard error.status == 413 else { return Problem(error) }
    return Problem(
      status: 413, code: "too_large", title: "The body is too large",
      detail: "A JSON body has at most \(CoordinatorLimits.jsonBodyBytes) bytes (64 MiB); "
        + "send the tasks as application/x-ndjson, which may be as long as it likes.")
  }

  private func refuse(_ problem: Problem) {
    isOver = true
    endpoint.refuse(exchange, options, draft, problem)
  }

  private func accept() {
    if let problem = draft.problem { return refuse(problem) }
    isOver = true
    endpoint.accept(exchange, options, draft, digest)
  }

  // MARK: Lines

  private func readLines() {
    var lines = LineSplitter(limit: TaskLimits.bytes)
    body.read { [self] event in
      guard !isOver else { return }
      do throws(LineSplitter.TooLong) {
        switch event {
        case .chunk(let bytes):
          if options.idempotencyKey != nil { digest.take(bytes) }
          try lines.take(bytes) { draft.add(line: $0, number: $1) }
          if let trouble = journal.engine.trouble {
            refuse(.noSpace(trouble))
          } else if !room.makeRoom() {
            refuse(.full)
          } else if draft.isHopeless, let problem = draft.problem {
            refuse(problem)
          } else {
            slowDown()
          }
        case .end:
          try lines.finish { draft.add(line: $0, number: $1) }
          accept()
        case .failed(let error): refuse(Problem(error))
        }
      } catch {
        draft.add(.lineTooLong, line: lines.number)
        if let problem = draft.problem { refuse(problem) }
      }
    }
  }

  /// What comes faster than the disk takes it waits with its sender.
  private func slowDown() {
    guard draft.journal.pendingBytes > JournalLimits.submissionBytes else { return }
    body.pause()
    draft.journal.makeTasksDurable { [self] in
      if !isOver { body.resume() }
    }
  }

  // MARK: A document

  private func read(document body: [UInt8]) {
    do throws(Problem) {
      if options.idempotencyKey != nil { digest.take(body) }
      let document = try SubmissionDocument(body)
      draft.name = document.name ?? draft.name
      draft.callbackURL = document.callbackURL ?? draft.callbackURL
      draft.defaults = try document.defaults(over: draft.defaults)
      check(document.tasks, from: 0)
    } catch {
      refuse(error)
    }
  }

  /// A large document is checked in slices, so that the loop serves others in between.
  private func check(_ tasks: [JSONValue], from start: Int) {
    let end = min(start + CoordinatorLimits.tasksPerTurn, tasks.count)
    for place in start..<end { draft.add(tasks[place], place: place) }
    if end == tasks.count || draft.isHopeless { return accept() }
    let next = Slice(tasks: tasks, start: end, submission: self)
    exchange.loop.execute { next.submission.check(next.tasks, from: next.start) }
  }

  /// Guarded by: handed from one turn of the loop to a later one.
  private struct Slice: @unchecked Sendable {
    let tasks: [JSONValue]
    let start: Int
    let submission: Submission
  }
}
