internal import Clockwork
internal import Loop

/// What the tasks of a loop compute at length takes turns: who would begin when the loop's present turn has spent its
/// share waits for the next one. Many long searches whose texts came in together would else be one long absence, in
/// which the node answers nobody and its cluster takes it for dead.
///
/// Guarded by: the loop's thread.
final class ComputingTurns: @unchecked Sendable {
  private let loop: EventLoop
  private var turn = Instant.zero
  private var spent = Duration.zero

  init(_ loop: EventLoop) { self.loop = loop }

  /// The loop's present turn has computed enough.
  var areSpent: Bool { turn == loop.now && spent >= Limits.computingShare }

  func compute<Result>(_ body: () -> Result) -> Result {
    loop.assertCurrent()
    if turn != loop.now { (turn, spent) = (loop.now, .zero) }
    let begin = MonotonicClock.now
    defer { spent += MonotonicClock.now - begin }
    return body()
  }
}
