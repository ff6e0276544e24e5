import Clockwork
import Loop

/// The way to a place among the connections: the origin, its addresses, its own limit, and the limit of all.
///
/// Names are looked up here and not in libcurl, which starts a thread for each transfer that meets an unknown one.
/// Here a name is looked up once for all who wait for it, on the few threads of `Resolver`; and once known, its
/// addresses go on serving while newer ones are looked up.
extension HTTPClient {
  func admit(_ transfer: HTTPTransfer) {
    guard case .waiting = transfer.state else { return }
    let origin: Origin
    do throws(BadURL) {
      origin = try dialled(by: transfer)
    } catch {
      let text = error.text
      loop.execute { self.fail(transfer, .badURL, text) }
      return
    }
    transfer.state = .waiting(origin)
    switch origin.addresses {
    case .literal: break
    case .resolving: return origin.enqueue(transfer)
    case .unknown:
      origin.enqueue(transfer)
      return resolve(origin)
    case .known(let at, let isRefreshing):
      let age = loop.now - at
      if age >= ClientLimits.addressesUsable {
        origin.enqueue(transfer)
        return resolve(origin)
      }
      if age >= ClientLimits.addressesFresh, !isRefreshing { refresh(origin, known: at) }
    }
    if origin.waiting.isEmpty, hasPlace(at: origin) {
      launch(transfer, at: origin, hopStart: transfer.redirects == 0 ? transfer.startedAt : MonotonicClock.now)
    } else {
      origin.enqueue(transfer)
      serve(origin)
    }
  }

  private func dialled(by transfer: HTTPTransfer) throws(BadURL) -> Origin {
    // With a proxy, the URL must be sound too: what is asked of a proxy is asked in its name.
    let destination = try origins.destination(of: transfer.request.url, at: loop.now)
    guard let proxy = transfer.request.proxy else {
      transfer.plainHost = destination.plainHost
      return destination.origin
    }
    transfer.plainHost = nil
    let url = proxy.contains("://") ? proxy : "http://\(proxy)"
    do throws(BadURL) {
      return try origins.destination(of: url, schemes: URLParts.proxySchemes, at: loop.now).origin
    } catch {
      throw BadURL(text: "its proxy cannot be used: \(error.text)")
    }
  }

  private func hasPlace(at origin: Origin) -> Bool {
    origin.running < configuration.maxConnectionsPerHost + origin.borrowed && running < configuration.maxConnections
  }

  /// A transfer has left: its origin's next one starts, or, where all connections are in use, the next origin's.
  func placeFreed(at origin: Origin) {
    returnPlaces(of: origin)
    guard !starved.isEmpty else {
      if !origin.waiting.isEmpty { serve(origin) }
      return
    }
    if !origin.waiting.isEmpty { starve(origin) }
    while running < configuration.maxConnections, let next = starved.popFirst() {
      next.isStarved = false
      serve(next, atMost: 1)
    }
  }

  /// Starts those who wait at an origin, as far as there are places.
  func serve(_ origin: Origin, atMost limit: Int = .max) {
    var left = limit
    while left > 0, !origin.isResolving, hasPlace(at: origin), let transfer = origin.nextWaiting() {
      launch(transfer, at: origin, hopStart: MonotonicClock.now)
      left -= 1
    }
    guard !origin.waiting.isEmpty, !origin.isResolving else { return }
    if origin.running < configuration.maxConnectionsPerHost + origin.borrowed {
      starve(origin)
    } else {
      borrowPlace(at: origin)
    }
  }

  private func starve(_ origin: Origin) {
    guard !origin.isStarved, !origin.isResolving else { return }
    origin.isStarved = true
    starved.append(origin)
  }

  // MARK: Names

  private func resolve(_ origin: Origin) {
    origin.addresses = .resolving
    lookUp(origin) { [self] result in
      switch result {
      case .success(let addresses):
        origin.take(addresses, at: loop.now)
        serve(origin)
      case .failure(let error):
        origin.addresses = .unknown
        let cause = error.code == .unresolved ? error.context : "\(error)"
        // Those that begin anew from within `onEnd` are not meant.
        for _ in 0..<origin.waiting.count {
          guard let transfer = origin.nextWaiting() else { break }
          fail(transfer, .dns, cause)
        }
      }
    }
  }

  private func refresh(_ origin: Origin, known at: Instant) {
    origin.addresses = .known(at: at, isRefreshing: true)
    lookUp(origin) { [self] result in
      switch result {
      case .success(let addresses): origin.take(addresses, at: loop.now)
      // Kept as long as they are usable; tried again with the next request.
      case .failure: origin.addresses = .known(at: at, isRefreshing: false)
      }
    }
  }

  private func lookUp(_ origin: Origin, _ done: @escaping @Sendable (Result<[SocketAddress], LoopError>) -> Void) {
    let (host, port, loop) = (origin.host, origin.port, loop)
    loop.spawn {
      do throws(LoopError) {
        let limit = ClientLimits.resolveTimeout
        done(.success(try await Resolver.resolve(host: host, port: port, on: loop, timeout: limit)))
      } catch {
        done(.failure(error))
      }
    }
  }
}
