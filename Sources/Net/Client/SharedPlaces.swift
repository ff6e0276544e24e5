package import Loop

/// What is left over of a limit on each host's requests when several clients, each on a loop of its own, have divided
/// it evenly: lent for one request at a time, first come, first served. A limit of three for two clients is one place
/// for each and one that they share; a limit of one is shared altogether.
///
/// Guarded by: its loop, on which it lives; everybody else sends messages there.
package final class SharedPlaces: @unchecked Sendable {
  private struct Host {
    var lent = 0
    var waiting = FIFO<Borrower>()
  }

  private struct Borrower {
    let loop: EventLoop
    let granted: @Sendable () -> Void
  }

  private let loop: EventLoop
  private let perHost: Int
  /// Those with a place that is lent.
  private var hosts: [String: Host] = [:]

  /// Divides `limit` among `clients`: what each has for itself, and the rest, if there is one.
  ///
  /// - Parameter loop: where the rest is kept.
  package static func divide(_ limit: Int, among clients: Int, on loop: EventLoop) -> (own: Int, shared: SharedPlaces?)
  {
    let rest = limit % clients
    return (limit / clients, rest == 0 ? nil : SharedPlaces(rest, on: loop))
  }

  init(_ perHost: Int, on loop: EventLoop) { (self.perHost, self.loop) = (perHost, loop) }

  /// Calls `granted` on `borrower`'s loop once, however long that takes; whoever was granted a place gives it back.
  func ask(for host: String, by borrower: EventLoop, granted: @escaping @Sendable () -> Void) {
    loop.execute { [self] in
      if hosts[host, default: Host()].lent < perHost {
        hosts[host, default: Host()].lent += 1
        borrower.execute(granted)
      } else {
        hosts[host]?.waiting.append(Borrower(loop: borrower, granted: granted))
      }
    }
  }

  func giveBack(_ host: String) {
    loop.execute { [self] in
      if let next = hosts[host]?.waiting.popFirst() { return next.loop.execute(next.granted) }
      hosts[host]?.lent -= 1
      if hosts[host]?.lent == 0 { hosts[host] = nil }
    }
  }

  /// Hosts of which something is lent; on its loop.
  var hostCount: Int {
    loop.assertCurrent()
    return hosts.count
  }
}

extension HTTPClient {
  /// Asks for a place beyond the client's own; one question at a time for each host.
  func borrowPlace(at origin: Origin) {
    guard let shared = configuration.sharedPlaces, !origin.isBorrowing, !isClosed else { return }
    origin.isBorrowing = true
    shared.ask(for: origin.name, by: loop) { [self] in
      origin.isBorrowing = false
      origin.borrowed += 1
      serve(origin)
      returnPlaces(of: origin)
    }
  }

  /// Gives back what no request takes up. Who waits here asks anew, behind those who have waited longer elsewhere.
  func returnPlaces(of origin: Origin) {
    while origin.borrowed > 0, origin.running < configuration.maxConnectionsPerHost + origin.borrowed {
      origin.borrowed -= 1
      configuration.sharedPlaces?.giveBack(origin.name)
    }
  }
}
