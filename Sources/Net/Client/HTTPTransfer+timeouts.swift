import Clockwork
import Loop

/// The whole timeout and the idle timeout, on one timer of the loop. (The connect timeout is libcurl's.)
extension HTTPTransfer {
  /// Sets the timer where none runs. One that is too early looks again when it fires, so that a byte received costs
  /// no timer.
  func armTimer() {
    guard timer == nil else { return }
    let next = min(deadline, idleDeadline)
    guard next < .distantFuture else { return }
    timer = client.loop.schedule(at: next) { [unowned self] in timerFired() }
  }

  private var deadline: Instant { request.timeout.map { startedAt + $0 } ?? .distantFuture }

  private var idleDeadline: Instant {
    guard let idleTimeout = request.idleTimeout, !isPaused else { return .distantFuture }
    return lastActivity + idleTimeout
  }

  private func timerFired() {
    timer = nil
    let now = client.loop.now
    if let timeout = request.timeout, now >= deadline {
      client.fail(self, .timeout, "not done within \(timeout.inSeconds) s: \(stage)")
    } else if let idleTimeout = request.idleTimeout, now >= idleDeadline {
      client.fail(self, .timeout, "nothing came for \(idleTimeout.inSeconds) s: \(stage)")
    } else {
      armTimer()
    }
  }

  /// Where the transfer stands, for people.
  private var stage: String {
    guard case .running = state else {
      return origin?.isResolving == true ? "its name is still looked up" : "all connections are in use"
    }
    if let head { return "status \(head.status) and \(bodyBytes) bytes of the body have come" }
    if isRedirect { return "redirect \(redirects + 1) is under way" }
    return timesReadyToSend > 0 ? "the request is sent, no answer has come" : "the connection is not established"
  }
}
