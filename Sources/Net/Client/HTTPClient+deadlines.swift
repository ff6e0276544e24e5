import Clockwork
import Loop

/// When transfers run out of time: one timer for all of them, at or before the earliest deadline. It looks through all
/// transfers when it fires, so that one which ends in time, as nearly all do, costs nothing here.
extension HTTPClient {
  func watchDeadline(of transfer: HTTPTransfer) {
    guard let timeout = transfer.request.timeout else { return }
    transfer.deadline = transfer.startedAt + timeout
    if transfer.deadline < nextLook { lookAtDeadlines(at: transfer.deadline) }
  }

  private func lookAtDeadlines(at moment: Instant) {
    deadlineTimer?.cancel()
    nextLook = moment
    deadlineTimer = loop.schedule(at: moment) { [unowned self] in lookAtDeadlines() }
  }

  private func lookAtDeadlines() {
    deadlineTimer = nil
    nextLook = .distantFuture
    let now = loop.now
    for transfer in transfers where transfer.deadline <= now { transfer.isOutOfTime() }
    guard let earliest = transfers.lazy.map(\.deadline).min(), earliest < .distantFuture, !isClosed else { return }
    // Many deadlines close behind each other are looked at together, each a little late.
    let moment = max(earliest, now + ClientLimits.deadlineGrain)
    if moment < nextLook { lookAtDeadlines(at: moment) }
  }
}
