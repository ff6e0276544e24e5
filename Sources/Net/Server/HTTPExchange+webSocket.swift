package import HTTP

extension HTTPExchange {
  /// Answers 101 and makes the connection a WebSocket, which begins right behind the request: what the client sent
  /// without waiting for the answer belongs to it. Messages may be delivered before this returns.
  ///
  /// - Parameter delegate: makes the one that takes what the socket brings. Not called when the client is gone.
  /// - Throws: why the request opens none. The exchange is still to be answered then, with `respond` say.
  package func openWebSocket(
    _ delegate: (WebSocketConnection) -> any WebSocketDelegate
  ) throws(WebSocketHandshake.Refusal) {
    do throws(HTTPError) { try checkOrigin() } catch { throw WebSocketHandshake.Refusal(error) }
    let headers = try WebSocketHandshake.accept(request)
    switchProtocols(headers)?.becomeWebSocket(delegate)
  }

  package func respond(_ refusal: WebSocketHandshake.Refusal) {
    var headers = refusal.headers
    headers.add("Content-Type", "application/problem+json")
    // The refusal's own Connection names Upgrade; a connection that ends must say that too.
    if let connection = headers["Connection"], !request.keepsAlive { headers["Connection"] = connection + ", close" }
    respond(status: refusal.error.status, headers: headers, body: Problem(refusal.error).json())
  }
}
