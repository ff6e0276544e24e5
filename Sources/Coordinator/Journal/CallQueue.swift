import Loop
import Net

/// What one call of a user brings to a log, or its closing.
protocol JournalCall: AnyObject, Sendable {
  var isClosing: Bool { get }
  /// Told once it is durable, or why nothing of it was kept.
  var answer: (Problem?) -> Void { get set }
}

/// Calls that are written into a log one after the other, each with its own end behind it, and count once that is
/// durable: what a crash leaves of one without its end was promised to nobody.
///
/// Guarded by: the loop's thread.
final class CallQueue<Call: JournalCall>: @unchecked Sendable {
  /// How a call gets into its log.
  struct Steps {
    /// Notes where the log stands.
    let begin: (Call) -> Void
    /// Writes some of it from that place on, so that the loop serves others in between.
    ///
    /// - Returns: where to go on; nil once it is whole, its end included.
    let write: (Call, _ start: Int) -> Int?
    let makeDurable: (@escaping () -> Void) -> Void
    /// It counts.
    let settle: (Call) -> Void
    /// Takes back what was written since the call began, and calls `then` once no later coordinator can find it.
    let takeBack: (Call, _ then: @escaping () -> Void) -> Void
  }

  private let loop: EventLoop
  private let steps: Steps
  /// To be written; the first of them may be under way.
  private(set) var waiting: [Call] = []
  private var isWriting = false
  /// Written, and not durable yet.
  private var written: [Call] = []
  private var whenEmpty: [() -> Void] = []

  init(on loop: EventLoop, _ steps: Steps) { (self.loop, self.steps) = (loop, steps) }

  var isEmpty: Bool { waiting.isEmpty && written.isEmpty }

  /// The closing that is on its way.
  private var closing: Call? { (written + waiting).first(where: \.isClosing) }
  var isClosing: Bool { closing != nil }

  func append(_ call: Call) {
    waiting.append(call)
    writeNext()
  }

  /// Where a closing is on its way, what becomes of it becomes of this one.
  ///
  /// - Returns: false where none is.
  func join(closing answer: @escaping (Problem?) -> Void) -> Bool {
    guard let first = closing else { return false }
    let former = first.answer
    first.answer = { problem in
      former(problem)
      answer(problem)
    }
    return true
  }

  /// Calls `then` when all that came before is settled.
  func settled(_ then: @escaping () -> Void) {
    whenEmpty.append(then)
    tellIfEmpty()
  }

  private func writeNext() {
    guard !isWriting, let call = waiting.first else { return }
    isWriting = true
    steps.begin(call)
    write(call, from: 0)
  }

  private func write(_ call: Call, from start: Int) {
    if let next = steps.write(call, start) {
      return loop.execute { [self] in
        // It was given up meanwhile.
        if waiting.first === call { write(call, from: next) }
      }
    }
    waiting.removeFirst()
    written.append(call)
    isWriting = false
    steps.makeDurable { [self] in settle(call) }
    writeNext()
  }

  private func settle(_ call: Call) {
    // It was given up meanwhile.
    guard written.first === call else { return }
    written.removeFirst()
    steps.settle(call)
    call.answer(nil)
    tellIfEmpty()
  }

  private func tellIfEmpty() {
    guard isEmpty else { return }
    let told = whenEmpty
    whenEmpty = []
    for then in told { then() }
  }

  /// Takes back all that is not durable: there is no room for it. Who hears that nothing was kept may send it again: so
  /// not before it is gone from the disk.
  func giveUp(_ problem: Problem) {
    let calls = written + waiting
    guard let first = calls.first else { return }
    (written, waiting, isWriting) = ([], [], false)
    steps.takeBack(first) { [self] in
      for call in calls { call.answer(problem) }
      tellIfEmpty()
    }
  }
}
