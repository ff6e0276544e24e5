import Clockwork

/// Dials a host by all of its addresses: RFC 8305 ("Happy Eyeballs"), sections 4 and 5.
///
/// The families take turns, the one of the first address before the other. An attempt begins when the one before it has
/// failed, or has been quiet for a moment; the first that succeeds ends all others.
package final class TCPDial: @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it.
  private let loop: EventLoop
  private let deadline: Instant
  private let timeout: Duration
  private var rest: ArraySlice<SocketAddress>
  private var attempts: [Int: TCPConnector] = [:]
  private var attemptCount = 0
  private var nextAttempt: LoopTimer?
  private var completion: ((Result<TCPConnection, LoopError>) -> Void)?

  /// - Parameters:
  ///   - addresses: one at least, in the resolver's order of preference.
  ///   - timeout: for all attempts together.
  ///   - completion: called once, and not before this returns, unless `cancel()` comes first. The error is that of the
  ///     attempt that failed last.
  package init(
    _ addresses: [SocketAddress], on loop: EventLoop, timeout: Duration,
    completion: @escaping (Result<TCPConnection, LoopError>) -> Void
  ) {
    loop.assertCurrent()
    precondition(!addresses.isEmpty, "a dial without an address")
    (self.loop, self.timeout, self.completion) = (loop, timeout, completion)
    deadline = MonotonicClock.now + timeout
    rest = Self.inTurns(addresses)[...]
    begin()
  }

  /// The completion is not called any more, and no descriptor stays open.
  package func cancel() {
    loop.assertCurrent()
    completion = nil
    stop()
  }

  private func begin() {
    guard let address = rest.popFirst() else { return }
    attemptCount += 1
    let number = attemptCount
    let left = max(.milliseconds(1), deadline - MonotonicClock.now)
    // The attempts keep this object alive, until the last of them is over.
    attempts[number] = TCPConnector.start(address, loop, left) { [self] in ended(number, $0) }
    nextAttempt = rest.isEmpty ? nil : loop.schedule(after: LoopLimits.attemptDelay) { [self] in begin() }
  }

  private func ended(_ number: Int, _ result: Result<TCPConnection, LoopError>) {
    attempts[number] = nil
    switch result {
    case .success: finish(result)
    case .failure(let error):
      // Another address cannot help when time is up or the process has no descriptor left.
      if rest.isEmpty || error.code == .timeout || error.code == .exhausted {
        if attempts.isEmpty || error.code == .exhausted { finish(result) }
      } else {
        nextAttempt?.cancel()
        begin()
      }
    }
  }

  private func finish(_ result: Result<TCPConnection, LoopError>) {
    let completion = self.completion
    self.completion = nil
    stop()
    completion?(result)
  }

  private func stop() {
    rest = []
    nextAttempt?.cancel()
    nextAttempt = nil
    let others = attempts.values
    attempts = [:]
    for attempt in others { attempt.cancel() }
  }

  /// `a6 b6 c4 d4` becomes `a6 c4 b6 d4`.
  static func inTurns(_ addresses: [SocketAddress]) -> [SocketAddress] {
    let isFirst = { (address: SocketAddress) in address.isIPv6 == addresses[0].isIPv6 }
    let (first, second) = (addresses.filter(isFirst), addresses.filter { !isFirst($0) })
    return (0..<max(first.count, second.count)).flatMap { place in
      [first, second].compactMap { place < $0.count ? $0[place] : nil }
    }
  }
}
