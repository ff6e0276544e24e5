import Batch
import HTTP
import JSON
import Loop
import Net

/// What becomes of a body's tasks, or of other values that come a line each.
///
/// Guarded by: the loop's thread.
protocol TaskTaker: AnyObject {
  associatedtype Draft: LineDraft

  var draft: Draft { get }
  /// Why nothing more can be taken; nil while all is well.
  var obstacle: Problem? { get }
  /// What to do with a document that is too large.
  var smallerForm: String { get }
  /// Bytes were taken: here a taker that cannot follow holds the sender up.
  func taken(from reading: TaskReading)
  /// Gives a document's list of tasks, and what it is called there.
  func open(_ body: [UInt8]) throws(Problem) -> (tasks: [JSONValue], place: [String])
  /// All of it was read and has no fault.
  func accept(_ digest: BodyDigest)
  func refuse(_ problem: Problem)
}

/// Values that are being read, one by one: the faults are gathered.
///
/// Guarded by: the loop's thread.
protocol LineDraft: AnyObject {
  /// Whether no further fault would be told.
  var isHopeless: Bool { get }
  /// Nil for a body without a fault.
  var problem: Problem? { get }

  func add(line: ArraySlice<UInt8>, number: Int)
  /// - Parameter place: where it stands in the document.
  func add(_ value: JSONValue, at place: JSONPointer)
  func add(_ error: TaskSpecError, line: Int?)
}

/// A body of tasks as it arrives: lines, each a task, or a JSON document that is read as a whole.
///
/// Guarded by: the loop's thread. The exchange's handler keeps it alive, and it the taker.
final class TaskReading {
  private let loop: EventLoop
  private let body: DecodedBody
  private let form: SubmissionOptions.Form
  private let taker: any TaskTaker
  /// Of the decoded body: gzipped or not, it is the same submission. Nil where nobody will ask for it.
  private var digest: BodyDigest?
  private(set) var isOver = false

  init(_ exchange: HTTPExchange, _ options: SubmissionOptions, for taker: any TaskTaker) {
    (form, self.taker) = (options.form, taker)
    (loop, body) = (exchange.loop, DecodedBody(exchange, options.coding))
    if options.idempotencyKey != nil { digest = options.digest }
  }

  func start() {
    switch form {
    case .lines: readLines()
    case .document:
      body.collect(upTo: CoordinatorLimits.jsonBodyBytes) { [self] result in
        switch result {
        case .success(let body): read(document: body)
        case .failure(let error): refuse(problem(error))
        }
      }
    }
  }

  func pause() { body.pause() }

  func resume() {
    if !isOver { body.resume() }
  }

  private func problem(_ error: HTTPError) -> Problem {
    guard error.status == 413 else { return Problem(error) }
    return Problem(
      status: 413, code: "too_large", title: "The body is too large",
      detail: "A JSON body has at most \(CoordinatorLimits.jsonBodyBytes) bytes (64 MiB); \(taker.smallerForm)")
  }

  private func refuse(_ problem: Problem) {
    isOver = true
    taker.refuse(problem)
  }

  private func accept() {
    if let problem = taker.draft.problem { return refuse(problem) }
    isOver = true
    taker.accept(digest ?? BodyDigest())
  }

  // MARK: Lines

  private func readLines() {
    var lines = LineSplitter(limit: TaskLimits.bytes)
    body.read { [self] event in
      guard !isOver else { return }
      let draft = taker.draft
      do throws(LineSplitter.TooLong) {
        switch event {
        case .chunk(let bytes):
          digest?.take(bytes)
          try lines.take(bytes) { draft.add(line: $0, number: $1) }
          if let problem = taker.obstacle ?? (draft.isHopeless ? draft.problem : nil) {
            refuse(problem)
          } else {
            taker.taken(from: self)
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

  // MARK: A document

  private func read(document body: [UInt8]) {
    do throws(Problem) {
      digest?.take(body)
      let (tasks, place) = try taker.open(body)
      check(Slice(tasks: tasks, place: place, start: 0, reading: self))
    } catch {
      refuse(error)
    }
  }

  /// A large document is checked in slices, so that the loop serves others in between.
  private func check(_ slice: Slice) {
    let end = min(slice.start + CoordinatorLimits.tasksPerTurn, slice.tasks.count)
    for number in slice.start..<end {
      taker.draft.add(slice.tasks[number], at: JSONPointer(tokens: slice.place + [String(number)]))
    }
    if let problem = taker.obstacle { return refuse(problem) }
    if end == slice.tasks.count || taker.draft.isHopeless { return accept() }
    var next = slice
    next.start = end
    loop.execute { [next] in next.reading.check(next) }
  }

  /// Guarded by: handed from one turn of the loop to a later one.
  private struct Slice: @unchecked Sendable {
    let tasks: [JSONValue]
    let place: [String]
    var start: Int
    let reading: TaskReading
  }
}
