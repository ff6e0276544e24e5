import HTTP
import Loop
package import Net

/// Answers `/keys`, the same for both roles: `GET` tells which keys each member holds, by their fingerprints, and
/// `POST` changes them for whoever holds one already.
///
/// Guarded by: the loop's thread, on which the server calls it.
package final class KeysView: @unchecked Sendable {
  private let keys: ClusterKeys
  private var underWay = 0
  private var desk: KeyDesk { keys.membership.keyDesk }

  package init(membership: Membership) { keys = ClusterKeys(membership: membership) }

  package func respond(to exchange: HTTPExchange) {
    guard desk.keyring != nil else { return exchange.respond(.inTheClear) }
    // Each look asks every member: whoever looks again and again is not to be a load on all of them.
    guard underWay < GossipLimits.keyReports else { return exchange.respond(.busy) }
    guard exchange.request.methodIs("POST") else {
      underWay += 1
      exchange.loop.spawn { [self] in
        exchange.respond(json: await keys.report().json)
        underWay -= 1
      }
      return
    }
    exchange.collectBody(upTo: GossipLimits.keyOrderBytes) { [self] result in
      switch result {
      case .failure(let error): exchange.respond(error)
      case .success(let body): take(body, exchange)
      }
    }
  }

  private func take(_ body: [UInt8], _ exchange: HTTPExchange) {
    guard let keyring = desk.keyring else { return exchange.respond(.inTheClear) }
    let order: SealedKeyOrder
    do throws(SealedKeyOrder.Fault) { order = try SealedKeyOrder(body: body, keyring) } catch {
      return exchange.respond(Problem(error))
    }
    guard desk.use(order.challenge) else { return exchange.respond(.staleOrder) }
    underWay += 1
    exchange.loop.spawn { [self] in
      defer { underWay -= 1 }
      do throws(UnsafeKeyChange) {
        let report = try await keys.make(order.change, isForced: order.isForced)
        exchange.respond(json: report.json)
      } catch {
        exchange.respond(
          Problem(
            status: 409, code: "unsafe_key_change", title: "The change would lose members", detail: error.text + "."))
      }
    }
  }
}

extension Problem {
  fileprivate static let inTheClear = Problem(
    status: 409, code: "gossip_in_the_clear", title: "This cluster's gossip is in the clear",
    detail: "It has no keys to change; start every member with --gossip-key-file FILE (`ignareo keygen` makes a key).")

  fileprivate static let busy = Problem(
    status: 503, code: "busy", title: "The members are being asked already",
    detail: "\(GossipLimits.keyReports) such requests are under way here; ask again in a second.", retryAfter: 1)

  fileprivate static let staleOrder = Problem(
    status: 409, code: "stale_order", title: "The order is stale",
    detail: "Its challenge is older than a minute, used already, or another member's: ask GET /keys for a new one.")

  fileprivate init(_ fault: SealedKeyOrder.Fault) {
    switch fault {
    case .notSealed:
      self = .invalidJSON(#"It must be {"sealed":"…"}: an order as `ignareo keys` encrypts it, in base64."#)
    case .noKeyFits:
      self.init(
        status: 403, code: "wrong_key", title: "The order proves no key of this cluster",
        detail: "It must be encrypted with a gossip key that this member holds: is --gossip-key-file the cluster's?")
    case .noOrder:
      self.init(
        status: 400, code: "bad_order", title: "Not an order about keys",
        detail: "What was encrypted is no order that this version knows: is the program of the same version?")
    }
  }
}
