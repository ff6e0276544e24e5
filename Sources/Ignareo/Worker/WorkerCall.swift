internal import JSON

/// How a worker's pool has dealt with one attempt at a task.
enum WorkerOutcome: Sendable {
  case answered(JSONValue)
  case failed(TaskFailure)
  /// The task was told to stop. `message` says what it waited for.
  case stopped(mayHaveTakenEffect: Bool, message: String)
}

/// One attempt at a task, as its worker's pool sees it, and the suspension of the task that waits for it.
///
/// Guarded by: the thread of the pool's loop.
final class WorkerCall: @unchecked Sendable {
  typealias Continuation = UnsafeContinuation<WorkerOutcome, Never>

  enum State {
    case new
    /// Told to stop before it came here.
    case stopped
    /// In the pool's queue, at this place.
    case waiting(Continuation, place: Int)
    case held(Continuation, by: WorkerProcess, isStopped: Bool)
    case over
  }

  let arguments: JSONValue
  private(set) var state = State.new
  /// How many processes ended without having read it.
  private(set) var returns = 0

  init(_ arguments: JSONValue) { self.arguments = arguments }

  private var continuation: Continuation? {
    switch state {
    case .waiting(let continuation, _), .held(let continuation, _, _): continuation
    case .new, .stopped, .over: nil
    }
  }

  var isStopped: Bool {
    if case .held(_, _, true) = state { true } else { false }
  }

  func wait(_ continuation: Continuation, at place: Int) { state = .waiting(continuation, place: place) }

  /// Back into the queue: the process that held it has ended without having read it.
  func wait(againAt place: Int) {
    guard let continuation else { preconditionFailure("a call came back in the state \(state)") }
    returns += 1
    state = .waiting(continuation, place: place)
  }

  func hold(by process: WorkerProcess) {
    guard let continuation else { preconditionFailure("a call was given away in the state \(state)") }
    state = .held(continuation, by: process, isStopped: false)
  }

  func markStopped() {
    switch state {
    case .new: state = .stopped
    case .held(let continuation, let process, _): state = .held(continuation, by: process, isStopped: true)
    case .stopped, .waiting, .over: break
    }
  }

  func finish(_ outcome: WorkerOutcome) {
    let continuation = self.continuation
    state = .over
    continuation?.resume(returning: outcome)
  }
}
