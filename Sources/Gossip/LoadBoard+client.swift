package import Net

extension LoadBoard {
  private static let bodyLimit = 1 << 20

  /// Asks over HTTP: `GET /status`, on kept-alive connections.
  package convenience init(membership: Membership, client: HTTPClient, mode: Mode) {
    self.init(membership: membership, mode: mode) { authority, timeout in
      var request = HTTPClientRequest("http://\(authority)/status")
      request.timeout = timeout
      request.maxBodyBytes = Self.bodyLimit
      do throws(HTTPClientError) {
        let response = try await client.fetch(request)
        guard response.status == 200, let load = MemberLoad(status: response.body) else {
          return .none(reason: "\(authority) answers /status as no node does (status \(response.status))")
        }
        return .load(load)
      } catch {
        return .none(reason: error.message)
      }
    }
  }
}
