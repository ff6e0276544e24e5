internal import Clockwork
internal import JSON
package import Loop
package import Net

/// A node without its cluster: the loops, the pool and the API, from its first listener to its last task.
///
/// Guarded by: the first loop's thread; each entry asserts it, or is async and goes there.
package final class NodeService: @unchecked Sendable {
  package let loop: EventLoop
  package let pool: TaskPool
  private let loops: [EventLoop]
  private let runners: [LoopRunner]
  let workers: WorkerPools
  let watch: LoopWatch
  let api: NodeAPI
  private(set) var server: HTTPServer?
  private var clock: LoopTimer?
  /// Hears when this node begins to be slow, and when it no longer is.
  package var onSlowness: ((Bool) -> Void)?
  private var saysSlow = false
  private var lastSlow: Instant?

  /// - Parameters:
  ///   - loops: the first one is the API's; all of them run tasks.
  ///   - connectionsPerHost: requests under way to one host and port, from all loops together.
  package convenience init(
    loops: [EventLoop], capacity: Int, types: TaskTypes, connectionsPerHost: Int = Limits.connectionsPerHost, log: Log
  ) {
    self.init(
      loops: loops, capacity: capacity, types: types, connectionsPerHost: connectionsPerHost, shards: .init(), log: log)
  }

  /// - Parameter shards: how long and how much is kept of coordinators' shards.
  init(
    loops: [EventLoop], capacity: Int, types: TaskTypes, connectionsPerHost: Int = Limits.connectionsPerHost,
    shards: ShardShelf.Bounds, log: Log
  ) {
    var http = HTTPClientConfiguration()
    (http.maxConnectionsPerHost, http.sharedPlaces) = SharedPlaces.divide(
      connectionsPerHost, among: loops.count, on: loops[0])
    let workers = WorkerPools(types.workers, on: loops, log: log)
    let runners = loops.map { LoopRunner(loop: $0, types: types, log: log, http: http, workers: workers) }
    let watch = LoopWatch(runners)
    let pool = TaskPool(runners: runners, capacity: capacity, types: types, log: log)
    self.loops = loops
    self.runners = runners
    self.workers = workers
    self.watch = watch
    self.pool = pool
    loop = loops[0]
    api = NodeAPI(pool: pool, shards: shards) { pool.load(lags: watch.lags) }
  }

  /// Opens the API's port and starts the workers' processes. Until `serve` is called, only `/healthz` answers.
  ///
  /// - Parameter names: hosts by which others call this node.
  /// - Throws: when the address cannot be bound.
  package func listen(_ address: SocketAddress, names: [String] = []) throws(LoopError) -> SocketAddress {
    let server = try HTTPServer(loop: loop, address: address, names: names, handler: api)
    self.server = server
    workers.start()
    tick()
    return server.localAddress
  }

  /// The first loop's, for what the process itself wants to know of other members.
  package var client: HTTPClient { runners[0].client }

  package func serve(_ surroundings: NodeAPI.Surroundings) { api.serve(surroundings) }

  /// Those of the API.
  var connections: Int { server?.connectionCount ?? 0 }

  package var load: NodeLoad {
    var load = pool.load(lags: watch.lags)
    load.coordinators = api.coordinators
    return load
  }

  /// `GET /status`.
  package func status(name: String, version: String) -> [UInt8] {
    let load = load
    var writer = JSONWriter()
    writer.object { object in
      object.member("name", name)
      object.member("role", "node")
      object.member("version", version)
      load.writeMembers(into: &object)
      object.member("connections", connections + watch.client.openConnections)
      object.member("rss_bytes", ResidentMemory.bytes)
      object.array("loops") { array in
        for lag in load.lags { array.object { $0.member("lag_ms", lag.inMilliseconds.rounded(toPlaces: 3)) } }
      }
      object.member("task_types", pool.types.names)
      workers.writeStatus(into: &object)
    }
    return writer.bytes
  }

  private func tick() {
    clock = loop.schedule(after: .seconds(1)) { [weak self] in
      guard let self else { return }
      pool.tick()
      watch.ask()
      api.tick()
      tellSlowness()
      tick()
    }
  }

  /// Told at once when it begins, and its end once it has lasted: each change is news that the whole cluster gossips.
  private func tellSlowness() {
    let isSlow = load.isSlow
    if isSlow { lastSlow = loop.now }
    guard isSlow != saysSlow, isSlow || lastSlow.map({ loop.now - $0 >= Limits.wellBeforeTold }) ?? true else { return }
    saysSlow = isSlow
    onSlowness?(isSlow)
  }

  // MARK: The end

  /// Takes nothing new and returns when all that was taken has ended and everyone who reads an answer has got it: the
  /// results of shards and sockets, and those that `?wait=` waits for. A coordinator whose exchange broke counts as a
  /// reader as long as its shard is kept. Cancelling the task ends the wait for readers.
  package func drain() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      loop.execute { [self] in
        pool.drain { continuation.resume() }
        api.drain()
      }
    }
    // The last results are written by now, though perhaps to a queue that a slow reader empties.
    while server?.hasUnsentAnswers == true || api.awaitsCoordinators {
      do { try await loop.sleep(for: Limits.drainPoll) } catch { return }
    }
  }

  /// Cancels what is left, gives its clean-up its time, and closes everything. The loops but the first are stopped.
  ///
  /// A shard's exchange breaks without an end, which tells its coordinator to run elsewhere what may run again.
  package func close() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      loop.execute { [self] in
        api.abandonShards()
        pool.drain { continuation.resume() }
        pool.cancelAll()
      }
    }
    await workers.close()
    await loop.yield()
    clock?.cancel()
    server?.stopAccepting()
    await loop.yield()
    server?.close()
    for runner in runners { runner.close() }
    for loop in loops.dropFirst() { loop.stop() }
  }
}
