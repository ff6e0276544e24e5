import Clockwork
import Loop

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
  /// Places of `SharedPlaces` that it has, and whether it waits for another.
  var borrowed = 0
  var isBorrowing = false
  private(set) var waiting = FIFO<HTTPTransfer>()
  /// About how many in `waiting` have ended there.
  private var gone = 0
  /// Its turn is noted in the queue of those that wait for a place among all connections.
  var isStarved = false
  var lastUsed: Instant
  /// Entries that the next transfer carries into libcurl's cache of names.
  var newEntries: [String] = []
  /// One has been taken along.
  var isKnownToLibcurl = false
  /// What the loop's own engine dials.
  private(set) var socketAddresses: [SocketAddress]
  /// The engine's connections that wait for their next request; the one used last is the last.
  var idle: [HTTP1Connection] = []
  /// It answered with a compressed body, or with cookies, where the request was ready for that: the next such request
  /// is libcurl's from its beginning.
  var compresses = false
  var setsCookies = false

  init(_ parts: URLParts, at now: Instant) {
    (host, port, lastUsed) = (parts.host, parts.port, now)
    addresses = parts.isLiteral ? .literal : .unknown
    socketAddresses = parts.literalAddresses
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

  /// The name was looked up.
  func take(_ found: [SocketAddress], at now: Instant) {
    addresses = .known(at: now, isRefreshing: false)
    socketAddresses = found
    let list = found.map { $0.isIPv6 ? "[\($0.ip)]" : $0.ip }.joined(separator: ",")
    newEntries = ["\(host):\(port):\(list)"]
  }

  func closeIdle() {
    for connection in idle { connection.close() }
  }

  var isResolving: Bool { if case .resolving = addresses { true } else { false } }

  var isIdle: Bool { running == 0 && waiting.isEmpty && !isResolving && !isBorrowing }
}
