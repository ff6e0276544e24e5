import HTTP
import Loop
package import Net

/// Answers `GET /nodes` and `GET /nodes/{name}`, the same for both roles.
///
/// Guarded by: the loop's thread, on which the server calls it.
package final class NodesView: @unchecked Sendable {
  let membership: Membership
  private let board: LoadBoard
  private let ownStatus: (() -> [UInt8])?

  /// - Parameter ownStatus: the body of this process's own `GET /status`, if it is a node; it is not asked over HTTP.
  package init(membership: Membership, board: LoadBoard, ownStatus: (() -> [UInt8])? = nil) {
    (self.membership, self.board, self.ownStatus) = (membership, board, ownStatus)
  }

  /// The cluster as this process sees it now.
  package var report: NodesReport {
    var loads = board.loads
    if let ownStatus { loads[membership.name] = MemberLoad(status: ownStatus()) }
    return NodesReport(members: membership.members, loads: loads)
  }

  /// `GET /nodes`: JSON, or a page where HTML is more welcome.
  package func respond(to exchange: HTTPExchange) {
    let filter: NodesFilter
    do throws(NodesFilterError) {
      filter = try NodesFilter(exchange.request.query)
    } catch {
      return exchange.respond(
        Problem(status: 400, code: "bad_filter", title: "Bad filter", detail: error.text))
    }
    board.refresh { [self] in
      guard exchange.request.headers.accept.best(of: [.json, .html]) == .html else {
        return exchange.respond(json: report.json(filter))
      }
      exchange.respond(
        status: 200, headers: ["Content-Type": "text/html; charset=utf-8"], body: NodesPage(report: report).html(filter)
      )
    }
  }

  /// `GET /nodes/{name}`.
  package func respond(to exchange: HTTPExchange, name: String) {
    board.refresh { [self] in
      guard let json = report.json(of: name) else {
        return exchange.respond(.noMember(name, exchange.request.path))
      }
      exchange.respond(json: json)
    }
  }
}
