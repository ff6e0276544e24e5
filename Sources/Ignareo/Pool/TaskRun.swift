internal import Clockwork
internal import Loop

/// One run of one task, on one loop: its place among the tasks that run, its end by its own will or another's.
///
/// Guarded by: the thread of the loop; each entry that touches a variable asserts it.
class TaskRun: Carried, @unchecked Sendable {
  /// Why a task was told to stop.
  enum Cancellation: Sendable, Equatable {
    case requested
    case timeout
  }

  /// How far a `SpawnedTask` has come.
  enum Phase {
    case waiting, running, succeeded, failed
  }

  /// What a task shares with all that it spawns.
  ///
  /// Guarded by: the thread of the loop.
  final class Shared: @unchecked Sendable {
    let runner: LoopRunner
    let attempt: Int
    /// What they have done may have changed something somewhere, so that no failure of the attempt surely had no
    /// effect.
    var hasActed = false

    /// What its submitter said. Of a task that must not run twice, no request is sent twice either, whatever HTTP says
    /// of its method.
    let saysRepeatable: Bool?

    init(runner: LoopRunner, attempt: Int, saysRepeatable: Bool? = nil) {
      (self.runner, self.attempt, self.saysRepeatable) = (runner, attempt, saysRepeatable)
    }
  }

  /// What it is suspended in, where that is known: whoever cancels it ends that without the Swift task's own handlers,
  /// which cost a lock and a third of its first memory.
  private enum Suspension {
    case none
    case sleep(SleepTimer)
    /// In `leave()`.
    case children(UnsafeContinuation<Void, Never>)
  }

  let shared: Shared
  private var suspension = Suspension.none
  private(set) var cancellation: Cancellation?
  /// Its body has ended, and what it started is told to.
  private(set) final var hasLeft = false
  /// Of a `SpawnedTask`, which has no room for it.
  final var phase = Phase.waiting
  private var carrier: Carrier?
  // Its place in the tree. Guarded by: the loop; a task that is linked is held by the queue of the carriers or by its
  // carrier, and unlinked before these let go.
  private unowned(unsafe) var firstChild: TaskRun?
  private unowned(unsafe) var previous: TaskRun?
  private unowned(unsafe) var next: TaskRun?

  init(_ shared: Shared) { self.shared = shared }

  final var hasChildren: Bool { firstChild != nil }

  final var runner: LoopRunner { shared.runner }
  /// When its attempt is over.
  var deadline: Instant { .distantFuture }

  final func isCarried(by carrier: Carrier) {
    self.carrier = carrier
    if cancellation != nil { carrier.cancel() }
  }

  final func wasCarried() { carrier = nil }

  func run(_ isolation: isolated LoopIsolation) async { preconditionFailure("a task that does nothing") }

  /// - Throws: `CancellationError` at once when the task is cancelled.
  final func sleep(_ duration: Duration) async throws {
    guard isCarriedByCurrentTask else { return try await sleepBeside(duration) }
    try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Void, any Error>) in
      fallAsleep(continuation, for: duration)
    }
    suspension = .none
  }

  /// Else it is a child of the user's own making, as by `async let`, which may be cancelled by itself.
  @inline(never)
  private final var isCarriedByCurrentTask: Bool { withUnsafeCurrentTask { $0?.hashValue } == carrier?.hashValue }

  @inline(never)
  private final func sleepBeside(_ duration: Duration) async throws { try await runner.loop.sleep(for: duration) }

  @inline(never)
  private final func fallAsleep(_ continuation: UnsafeContinuation<Void, any Error>, for duration: Duration) {
    guard cancellation == nil else { return continuation.resume(throwing: CancellationError()) }
    let timer = SleepTimer()
    suspension = .sleep(timer)
    timer.start(continuation, until: MonotonicClock.now + duration, on: runner.loop)
  }

  /// Takes in a task that this one has started, and starts it.
  func adopt(_ child: TaskRun) {
    runner.loop.assertCurrent()
    child.next = firstChild
    firstChild?.previous = child
    firstChild = child
    if let cancellation { child.cancel(cancellation) } else if hasLeft { child.cancel(.requested) }
    runner.loop.carriers.start(child)
  }

  /// A child is over.
  func release(_ child: TaskRun) {
    if let previous = child.previous { previous.next = child.next } else { firstChild = child.next }
    child.next?.previous = child.previous
    (child.previous, child.next) = (nil, nil)
    guard firstChild == nil, case .children(let waiting) = suspension else { return }
    suspension = .none
    waiting.resume()
  }

  /// Cancels this task and, before it can be resumed, all that it started.
  func cancel(_ reason: Cancellation) {
    runner.loop.assertCurrent()
    guard cancellation == nil else { return }
    cancellation = reason
    cancelChildren(reason)
    carrier?.cancel()
    if case .sleep(let timer) = suspension { timer.cancel(on: runner.loop) }
  }

  private func cancelChildren(_ reason: Cancellation) {
    var child = firstChild
    while let current = child {
      current.cancel(reason)
      child = current.next
    }
  }

  /// Returns when no child runs any more.
  func leave() async {
    hasLeft = true
    guard firstChild != nil else { return }
    await endChildren()
  }

  /// Nothing is resumed between the check and the suspension: both are one job. (Apart from its caller, whose frame
  /// would else hold room for this all the time that the task runs.)
  @inline(never)
  private func endChildren() async {
    cancelChildren(.requested)
    await withUnsafeContinuation { suspension = .children($0) }
  }
}
