import Clockwork

/// A host and port that requests dial: how many are under way there, who waits, and its addresses.
///
/// Guarded by: the loop of the client that holds it.
final class Origin: @unchecked Sendable {
  enum Addresses {
    /// A numeric address, or `localhost`, which libcurl knows.
    case literal
    case unknown
    case resolving
    /// `at`: when they were last looked up, or last tried in vain.
    case known(at: Instant, isRefreshing: Bool)
  }

  let host: String
  let port: UInt16
  var addresses: Addresses
  var running = 0
  private(set) var waiting = FIFO<HTTPTransfer>()
  /// About how many in `waiting` have ended there.
  private var gone = 0
  /// Its turn is noted in the queue of those that wait for a place among all connections.
  var isStarved = false
  var lastUsed: Instant
  /// Entries that the next transfer carries into libcurl's cache of names.
  var newEntries: [String] = []

  init(host: String, port: UInt16, isLiteral: Bool, at now: Instant) {
    (self.host, self.port, lastUsed) = (host, port, now)
    addresses = isLiteral ? .literal : .unknown
  }

  /// `host:port`, IPv6 in brackets.
  var name: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

  func enqueue(_ transfer: HTTPTransfer) { waiting.append(transfer) }

  /// Who has waited longest and waits still.
  func nextWaiting() -> HTTPTransfer? {
    while let transfer = waiting.popFirst() {
      if case .waiting = transfer.state { return transfer }
      gone -= 1
    }
    return nil
  }

  /// One of those who wait has ended. They are dropped when they are most of the queue: places may stay taken for
  /// hours, and who gives up meanwhile must not pile up.
  func waiterHasEnded() {
    gone = min(gone + 1, waiting.count)
    guard gone > 32, gone > waiting.count / 2 else { return }
    waiting.removeAll { if case .ended = $0.state { true } else { false } }
    gone = 0
  }

  var isResolving: Bool { if case .resolving = addresses { true } else { false } }

  var isIdle: Bool { running == 0 && waiting.isEmpty && !isResolving }
}
