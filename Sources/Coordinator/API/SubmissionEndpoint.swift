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
  private let pools: PoolBook
  private var random = SystemRandomNumberGenerator()
  /// Submissions that wait for the disk.
  private var acceptances: [UUIDv7: Acceptance] = [:]
  private var latest: (time: Timestamp, id: UUIDv7)?

  init(dispatcher: Dispatcher, journal: Journal, callbacks: Callbacks, pools: PoolBook) {
    (self.dispatcher, self.journal, self.callbacks, self.pools) = (dispatcher, journal, callbacks, pools)
  }

  func take(_ exchange: HTTPExchange) throws(Problem) {
    if let trouble = journal.engine.trouble { throw .noSpace(trouble) }
    guard dispatcher.book.makeRoom() else { throw .full }
    let options = try SubmissionOptions(exchange)
    if let key = options.idempotencyKey {
      switch dispatcher.book.use(ofKey: key) {
      case .reading?: throw .keyInUse
      case .taken(let digest, let id)?: return compare(exchange, options, with: digest, of: id)
      case nil: dispatcher.book.reserve(key: key)
      }
    }
    let id = nextID()
    let draft = BatchDraft(id: id, journal: journal.begin(id))
    (draft.name, draft.callbackURL, draft.isOpen) = (options.name, options.callbackURL, options.isOpen)
    draft.tasks.defaults = options.defaults
    let submission = Submission(exchange, options, draft, self, journal, room: dispatcher.book)
    TaskReading(exchange, options, for: submission).start()
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

  /// Who is told that nothing was kept may send it again: so not before it is gone from the disk.
  func refuse(_ exchange: HTTPExchange, _ options: SubmissionOptions, _ draft: BatchDraft, _ problem: Problem) {
    journal.drop(draft.id) { [dispatcher] in
      if let key = options.idempotencyKey { dispatcher.book.release(key: key) }
      exchange.respond(problem)
    }
  }

  func accept(_ exchange: HTTPExchange, _ options: SubmissionOptions, _ draft: BatchDraft, _ digest: BodyDigest) {
    var manifest = BatchManifest(
      id: draft.id, name: draft.name, createdAt: WallClock.now, hasIDs: draft.tasks.hasIDs,
      idempotencyKey: options.idempotencyKey, digest: options.idempotencyKey.map { _ in digest.kept },
      callbackURL: draft.callbackURL)
    var sources: [PoolRecord] = []
    if draft.isOpen || draft.joining != nil {
      manifest.isOpen = true
      manifest.defaults = draft.tasks.defaults.map { Array($0.source.bytes) }
    }
    if let joining = draft.joining {
      do throws(Problem) { sources = try pools.claim(joining.take) } catch {
        return refuse(exchange, options, draft, error)
      }
      manifest.joining = BatchManifest.Joining(
        template: Array(joining.template.bytes), sources: sources.map { .init(name: $0.name, pool: $0.id) })
    }
    let waiting = Acceptance { [self, sources] in
      guard let trouble = journal.engine.trouble else { return }
      pools.release(sources)
      refuse(exchange, options, draft, .noSpace(trouble))
    }
    acceptances[draft.id] = waiting
    // A batch that is there must never name a pool that is not.
    pools.keep(sources) { [self, manifest, sources] in
      guard acceptances[draft.id] != nil else { return }
      draft.journal.accept(manifest)
      begin(draft, manifest) { [self] batch in
        pools.release(sources)
        answer(exchange, options, batch, status: 202)
      }
    }
  }

  /// Once it is durable.
  private func begin(_ draft: BatchDraft, _ manifest: BatchManifest, _ then: @escaping (BatchRecord) -> Void) {
    let instant = dispatcher.loop.now
    draft.journal.makeTasksDurable { [self, manifest] in
      // It was refused meanwhile, for want of room, and is dropped.
      guard acceptances.removeValue(forKey: draft.id) != nil else { return }
      let batch = BatchRecord(manifest, journal: draft.journal, instant: instant)
      dispatcher.book.add(batch)
      dispatcher.book.bindKey(of: manifest)
      callbacks.watch(batch)
      if manifest.isOpen { batch.intake = BatchIntake(batch, dispatcher) }
      dispatcher.add(batch, draft.tasks.takeTable(isOpen: manifest.isOpen))
      pools.begin(batch)
      then(batch)
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
    options.compareBody(of: exchange, with: digest) { [self] isSame in
      guard isSame, let batch = dispatcher.book[id] else { return exchange.respond(.otherBody) }
      answer(exchange, options, batch, status: 200)
    }
  }

  /// A submission that is read and not yet durable.
  private struct Acceptance {
    /// Refuses it.
    let give: () -> Void
  }
}

/// One submission as it arrives.
///
/// Guarded by: the loop's thread. Its reading keeps it alive.
private final class Submission: TaskTaker {
  private let exchange: HTTPExchange
  private let options: SubmissionOptions
  private let batch: BatchDraft
  private let endpoint: SubmissionEndpoint
  private let journal: Journal
  private let room: BatchBook

  init(
    _ exchange: HTTPExchange, _ options: SubmissionOptions, _ batch: BatchDraft, _ endpoint: SubmissionEndpoint,
    _ journal: Journal, room: BatchBook
  ) {
    (self.exchange, self.options, self.batch, self.endpoint) = (exchange, options, batch, endpoint)
    (self.journal, self.room) = (journal, room)
  }

  var draft: TaskDraft { batch.tasks }

  var obstacle: Problem? {
    if let trouble = journal.engine.trouble { return .noSpace(trouble) }
    return room.makeRoom() ? nil : .full
  }

  /// What comes faster than the disk takes it waits with its sender.
  func taken(from reading: TaskReading) {
    guard batch.journal.pendingBytes > JournalLimits.submissionBytes else { return }
    reading.pause()
    batch.journal.makeTasksDurable { reading.resume() }
  }

  func open(_ body: [UInt8]) throws(Problem) -> (tasks: [JSONValue], place: [String]) {
    let document = try SubmissionDocument(body, isOpen: batch.isOpen)
    batch.name = document.name ?? batch.name
    batch.callbackURL = document.callbackURL ?? batch.callbackURL
    batch.isOpen = document.isOpen
    draft.defaults = try document.defaults(over: draft.defaults)
    if let template = document.template, let take = document.take {
      try Self.check(template, take, draft.defaults)
      batch.joining = (template, take)
    }
    return (document.tasks, ["tasks"])
  }

  private static func check(_ template: JSONValue, _ take: [String], _ defaults: TaskFields?) throws(Problem) {
    do throws(TaskSpecError) { _ = try TaskTemplate(template, taking: take, defaults: defaults) } catch {
      let error = error.inside(JSONPointer(tokens: ["template"]))
      throw .badRequest("\(error.pointer): \(error.detail)", pointer: error.pointer.description)
    }
  }

  let smallerForm = "send the tasks as application/x-ndjson, which may be as long as it likes."

  func accept(_ digest: BodyDigest) { endpoint.accept(exchange, options, batch, digest) }

  func refuse(_ problem: Problem) { endpoint.refuse(exchange, options, batch, problem) }
}
