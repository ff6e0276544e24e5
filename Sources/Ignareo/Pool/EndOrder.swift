internal import Loop
internal import Synchronization

/// The order in which some tasks end, for one who takes them one by one: which of them has ended, by its tag.
///
/// One object waits for all of them, and each of them keeps two words for it.
///
/// Guarded by: the loop's thread, but for what is atomic.
final class EndOrder: AnyTaskWait, @unchecked Sendable {
  private enum State {
    /// Nobody waits at present.
    case open
    case waiting(UnsafeContinuation<Int, any Error>)
    /// Whoever waits here is cancelled, for good.
    case cancelled
    /// Nobody wants to know any more.
    case closed
  }

  private let loop: EventLoop
  private var state = State.open
  private var ended = FIFO<Int>()
  /// Asked by the tasks, which may be those of other loops.
  private let hasEnded = Atomic<Bool>(false)

  init(on loop: EventLoop) { self.loop = loop }

  override var isOver: Bool { hasEnded.load(ordering: .relaxed) }

  override func taskHasEnded(_ task: TaskRun, tag: Int) {
    if loop.isCurrent { note(tag) } else { loop.execute { [self] in note(tag) } }
  }

  func note(_ tag: Int) {
    switch state {
    case .open: ended.append(tag)
    case .waiting(let continuation):
      state = .open
      continuation.resume(returning: tag)
    case .cancelled, .closed: break
    }
  }

  /// One that has ended and was not taken yet.
  func take() -> Int? { ended.popFirst() }

  /// Resumes with the next one that ends.
  func wait(_ continuation: UnsafeContinuation<Int, any Error>) {
    switch state {
    case .open: state = .waiting(continuation)
    case .cancelled: continuation.resume(throwing: CancellationError())
    case .waiting, .closed: preconditionFailure("two wait for the same tasks in one place")
    }
  }

  /// Any thread.
  func cancel() { onLoop { $0.end(as: .cancelled) } }

  /// Any thread.
  func close() { onLoop { $0.end(as: .closed) } }

  private func end(as state: State) {
    let before = self.state
    self.state = state
    ended = FIFO()
    hasEnded.store(true, ordering: .relaxed)
    if case .waiting(let continuation) = before { continuation.resume(throwing: CancellationError()) }
  }

  private func onLoop(_ work: @escaping @Sendable (EndOrder) -> Void) {
    if loop.isCurrent { work(self) } else { loop.execute { [self] in work(self) } }
  }
}
