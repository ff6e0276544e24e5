import Clockwork
import Loop
import Net

/// A coordinator without its cluster: the API, the book of batches and the dispatcher.
///
/// Guarded by: the loop's thread; each entry asserts it, or is async and goes there.
final class CoordinatorService: @unchecked Sendable {
  let loop: EventLoop
  let dispatcher: Dispatcher
  /// For what is short: the nodes' loads and cancellations. Shards have a client of their own, so that ever so many of
  /// them hold none of these up.
  let client: HTTPClient
  private let shardClient: HTTPClient
  let log: Log
  let journal: Journal
  let callbacks: Callbacks
  let pools: PoolBook
  private var retention: LoopTimer?
  private let api: CoordinatorAPI
  private var server: HTTPServer?
  private var drainTimer: LoopTimer?

  init(
    loop: EventLoop, journal: Journal, log: Log, keep: Retention, callbacks rules: CallbackRules = CallbackRules()
  ) {
    loop.assertCurrent()
    (self.loop, self.log, self.journal) = (loop, log, journal)
    var configuration = HTTPClientConfiguration()
    configuration.maxConnectionsPerHost = CoordinatorLimits.exchangesPerNode
    shardClient = HTTPClient(loop: loop, configuration: configuration)
    client = HTTPClient(loop: loop)
    dispatcher = Dispatcher(
      loop: loop, book: BatchBook(journal: journal, keep: keep), client: shardClient, control: client,
      log: log)
    callbacks = Callbacks(dispatcher: dispatcher, rules: rules, log: log)
    dispatcher.book.onRemoved = { [weak callbacks] in callbacks?.forget($0) }
    pools = PoolBook(dispatcher: dispatcher, journal: journal, log: log)
    api = CoordinatorAPI(dispatcher: dispatcher, journal: journal, callbacks: callbacks, pools: pools)
    journal.engine.onTrouble = { [dispatcher, api] in
      dispatcher.journalChanged()
      api.journalChanged()
    }
  }

  /// Opens the API's port. Until `serve` is called, only `/healthz` answers.
  ///
  /// - Parameter names: hosts by which others call it.
  /// - Throws: when the address cannot be bound.
  func listen(_ address: SocketAddress, names: [String] = []) throws(LoopError) -> SocketAddress {
    let server = try HTTPServer(loop: loop, address: address, names: names, handler: api)
    self.server = server
    return server.localAddress
  }

  var connectionCount: Int { server?.connectionCount ?? 0 }
  /// What waits for readers.
  var queuedBytes: Int { server?.queuedBytes ?? 0 }
  var isDraining: Bool { api.isDraining }

  /// - Parameter name: the coordinator's in the cluster.
  func serve(_ surroundings: CoordinatorAPI.Surroundings, as name: String) {
    // Later starts have later epochs, so that nodes refuse what a replaced process still sends.
    dispatcher.begin(as: name, epoch: WallClock.now.milliseconds)
    api.serve(surroundings)
    watchRetention()
  }

  private func watchRetention() {
    retention = loop.schedule(after: CoordinatorLimits.retentionInterval) { [weak self] in
      guard let self else { return }
      dispatcher.book.dropOld(at: WallClock.now)
      pools.dropOld(at: WallClock.now)
      watchRetention()
    }
  }

  // MARK: The end

  /// Takes no new batch and returns when the running ones have ended, their results were read by those who began to,
  /// and no call to a callback URL is under way; or when this task is cancelled.
  func drain() async {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        loop.execute { [self] in
          api.drain()
          dispatcher.drain()
          waitForBatches { continuation.resume() }
        }
      }
    } onCancel: {
      loop.execute { [self] in givesUpWaiting = true }
    }
  }

  private var givesUpWaiting = false

  private func waitForBatches(_ done: @escaping () -> Void) {
    let isBusy = dispatcher.busyBatches > 0 || dispatcher.readers > 0 || callbacks.callsUnderWay > 0
    guard isBusy, !givesUpWaiting else { return done() }
    drainTimer = loop.schedule(after: .milliseconds(20)) { [weak self] in self?.waitForBatches(done) }
  }

  /// What has been written is sent.
  private func letAnswersEnd() async {
    let deadline = loop.now + CoordinatorLimits.closeWait
    while connectionCount > 0, loop.now < deadline {
      do { try await loop.sleep(for: .milliseconds(10)) } catch { return }
    }
  }

  /// Breaks every exchange off and closes everything. The nodes cancel what no other process takes up soon.
  func close() async {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      loop.execute { [self] in
        if dispatcher.runningBatches > 0 {
          let effect = journal.engine.isDurable ? "the next start goes on with them" : "they are lost"
          log.warning("batches_cut_off", ["batches": "\(dispatcher.runningBatches)", "effect": effect])
        }
        retention?.cancel()
        pools.close()
        dispatcher.close()
        callbacks.close()
        server?.stopAccepting()
        continuation.resume()
      }
    }
    await loop.yield()
    await letAnswersEnd()
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      loop.execute { [self] in
        server?.close()
        client.close()
        shardClient.close()
        journal.engine.close { [self] in
          // What it would tell of holds the journal, and the journal its threads.
          journal.engine.onTrouble = {}
          continuation.resume()
        }
      }
    }
  }
}
