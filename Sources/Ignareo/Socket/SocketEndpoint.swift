internal import HTTP
internal import Net

/// `GET /socket`: opens sockets, and knows those that are open. Every message is one JSON object, sent as text:
///
///     {"register":{"task":"echo","id":"mine"}}    {"registered":{"id":…,"href":…,"submitted_id":"mine"}}
///     {"register":[{task},…]}                     {"registered":[{…},…]}, or an error and none of them
///     {"cancel":"the task's id"}                  {"cancelled":{"id":…,"href":…,"state":"running"}}
///     whatever cannot be done                     {"error":{"status":400,"detail":…,"pointer":"/register/args",…}}
///                                                 {"result":{as GET /tasks/{id}}}, as each task ends
///
/// Answers come in the order of the messages; results come between them, each behind its `registered`.
/// Guarded by: the pool's loop.
final class SocketEndpoint {
  let pool: TaskPool
  let values: WaitingValues
  private var sockets: [ObjectIdentifier: TaskSocket] = [:]
  /// What is held for clients which do not keep up, in bytes, over all sockets.
  var waitingBytes: Int { sockets.values.reduce(0) { $0 + $1.waitingBytes } }

  /// Sockets that are open, and that ever were.
  var count: Int { sockets.count }
  private(set) var opened = 0

  init(pool: TaskPool, values: WaitingValues) { (self.pool, self.values) = (pool, values) }

  func open(_ exchange: HTTPExchange) {
    guard !pool.isDraining else { return exchange.respond(Problem(PoolRefusal.draining)) }
    do throws(WebSocketHandshake.Refusal) {
      try exchange.openWebSocket { [self] in
        let socket = TaskSocket($0, self)
        sockets[ObjectIdentifier(socket)] = socket
        opened += 1
        return socket
      }
    } catch {
      exchange.respond(error)
    }
  }

  /// Lets every socket end, behind the last result that is owed to it.
  func endAll() {
    for socket in Array(sockets.values) { socket.mustEndSoon() }
  }

  func forget(_ socket: TaskSocket) { sockets[ObjectIdentifier(socket)] = nil }
}
