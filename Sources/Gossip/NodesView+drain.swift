import HTTP
import JSON
import Loop
package import Net

extension NodesView {
  private static let drainTimeout: Duration = .seconds(10)
  private static let drainBodyBytes = 64 << 10

  /// `POST /nodes/{name}/drain`: what the member's own `POST /drain` does.
  ///
  /// - Parameter drainSelf: does so for this process; nil for a role that has no such call.
  package func drain(_ exchange: HTTPExchange, name: String, _ client: HTTPClient, drainSelf: (() -> Void)? = nil) {
    guard let member = membership.member(named: name) else {
      return exchange.respond(.noMember(name, exchange.request.path))
    }
    if member.isSelf, let drainSelf {
      drainSelf()
      return exchange.respond(status: 202, json: Self.draining(name))
    }
    guard member.isListening else {
      return exchange.respond(
        .undrainable("'\(name)' is \(member.state): nothing runs there that could be drained.", exchange.request.path))
    }
    guard member.meta.role == .node, let http = member.meta.http else {
      return exchange.respond(
        .undrainable(
          "'\(name)' is no node (\(member.meta.roleName)): end it where it runs, with SIGTERM.",
          exchange.request.path))
    }
    exchange.loop.spawn {
      var request = HTTPClientRequest("http://\(http)/drain", method: "POST")
      request.timeout = Self.drainTimeout
      request.maxBodyBytes = Self.drainBodyBytes
      do throws(HTTPClientError) {
        let response = try await client.fetch(request)
        guard response.status == 202 else {
          return exchange.respond(
            .undrained("'\(name)' at \(http) answered \(response.status) to POST /drain.", exchange.request.path))
        }
        exchange.respond(status: 202, json: Self.draining(name))
      } catch {
        exchange.respond(
          .undrained(
            "'\(name)' cannot be reached: \(error.message). Does its --http reach here?", exchange.request.path))
      }
    }
  }

  private static func draining(_ name: String) -> [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("name", name)
      $0.member("status", "draining")
    }
    return writer.bytes
  }
}

extension Problem {
  /// A member that runs and may get no work all the same.
  package static func unready(_ detail: String) -> Problem {
    Problem(
      status: 503, code: "name_taken", title: "Another member has this one's name", detail: detail + ".", retryAfter: 10
    )
  }

  static func noMember(_ name: String, _ path: String) -> Problem {
    Problem(
      status: 404, code: "no_member", title: "No such member",
      detail: "No member is called '\(name)'; GET /nodes lists them.", instance: path)
  }

  fileprivate static func undrainable(_ detail: String, _ path: String) -> Problem {
    Problem(status: 409, code: "not_drainable", title: "The member cannot be drained", detail: detail, instance: path)
  }

  fileprivate static func undrained(_ detail: String, _ path: String) -> Problem {
    Problem(status: 502, code: "not_drained", title: "The member did not take it", detail: detail, instance: path)
  }
}
