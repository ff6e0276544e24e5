internal import Loop

/// One wait for tasks to end: it is over when all have, when its time is up, or when nobody waits any more.
///
/// Guarded by: the pool's loop.
final class Join: @unchecked Sendable {
  private enum State {
    case waiting(remaining: Int, timer: LoopTimer?, done: (_ all: Bool) -> Void)
    case over
  }

  private var state = State.over

  /// Calls `done` once, with whether all have ended; at once, inside this call, when there is nothing to wait for.
  init(_ records: [TaskRecord], for duration: Duration, on loop: EventLoop, done: @escaping (_ all: Bool) -> Void) {
    let unended = records.filter { !$0.hasEnded }
    guard !unended.isEmpty, duration > .zero else {
      done(unended.isEmpty)
      return
    }
    let timer = loop.schedule(after: duration) { [weak self] in self?.finish(false) }
    state = .waiting(remaining: unended.count, timer: timer, done: done)
    for record in unended {
      record.joins.removeAll(where: \.isOver)
      record.joins.append(self)
    }
  }

  private var isOver: Bool {
    if case .over = state { true } else { false }
  }

  /// One of the tasks has ended.
  func leave() {
    guard case .waiting(let remaining, let timer, let done) = state else { return }
    if remaining == 1 { return finish(true) }
    state = .waiting(remaining: remaining - 1, timer: timer, done: done)
  }

  /// Nobody waits any more.
  func abandon() {
    guard case .waiting(_, let timer, _) = state else { return }
    timer?.cancel()
    state = .over
  }

  private func finish(_ all: Bool) {
    guard case .waiting(_, let timer, let done) = state else { return }
    timer?.cancel()
    state = .over
    done(all)
  }
}
