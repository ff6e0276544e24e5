import Clockwork
import Loop

/// The whole timeout, whose deadlines the client watches, and the idle timeout, which is seldom set and has a timer of
/// the loop. (The connect timeout is each engine's own.)
extension HTTPTransfer {
  func isOutOfTime() {
    let limit = request.timeout?.inSeconds ?? 0
    client.fail(self, .timeout, "not done within \(limit) s: \(stage)")
  }

  /// Sets the idle timer where none runs. One that is too early looks again when it fires, so that a byte received
  /// costs no timer.
  func armIdleTimer() {
    guard let idleTimeout = request.idleTimeout, idleTimer == nil, !isPaused else { return }
    idleTimer = client.loop.schedule(at: lastActivity + idleTimeout) { [unowned self] in idleTimerFired(idleTimeout) }
  }

  private func idleTimerFired(_ idleTimeout: Duration) {
    idleTimer = nil
    guard !isPaused, client.loop.now >= lastActivity + idleTimeout else { return armIdleTimer() }
    client.fail(self, .timeout, "nothing came for \(idleTimeout.inSeconds) s: \(stage)")
  }

  /// Where the transfer stands, for people.
  private var stage: String {
    guard case .running = state else {
      return origin?.isResolving == true ? "its name is still looked up" : "all connections are in use"
    }
    if let head { return "status \(head.status) and \(bodyBytes) bytes of the body have come" }
    if redirect != nil { return "redirect \(redirects + 1) is under way" }
    return timesReadyToSend > 0 ? "the request is sent, no answer has come" : "the connection is not established"
  }
}
