import Batch
import Clockwork
import HTTP
import Loop
import Net

/// Tells the URLs that batches were submitted with of their end, each until it says that it has heard.
///
/// Delivered is what was answered 2xx, and what the journal says of it outlives this process: a coordinator that ends
/// between the two, or in the middle of a call, calls once more when it is started again. So each is called at least
/// once, and its receiver tells a second call by the batch's id.
///
/// Guarded by: the loop's thread; each entry asserts it.
final class Callbacks: BatchFollower, @unchecked Sendable {
  /// One batch's, from its end on.
  private final class Callback {
    let batch: BatchRecord
    let url: WebURL
    var calls = 0
    var place = Place.queued

    init(_ batch: BatchRecord, _ url: WebURL) {
      (self.batch, self.url) = (batch, url)
      if case .pending(let before, _)? = batch.callback { calls = before }
    }
  }

  private enum Place {
    case queued
    case calling(HTTPTransfer)
    case pausing(LoopTimer)
    /// What became of it is on its way to the disk.
    case ending
  }

  private let dispatcher: Dispatcher
  private let rules: CallbackRules
  private let log: Log
  private let client: HTTPClient
  private var random = SystemRandomNumberGenerator()
  private var callbacks: [UUIDv7: Callback] = [:]
  private var queue: [Callback] = []
  /// Calls under way by server.
  private var calling: [String: Int] = [:]
  private(set) var callsUnderWay = 0
  private var isClosed = false
  /// For the metrics.
  private(set) var deliveredTotal = 0
  private(set) var failedTotal = 0
  private(set) var callsFailedTotal = 0

  init(dispatcher: Dispatcher, rules: CallbackRules, log: Log) {
    (self.dispatcher, self.rules, self.log) = (dispatcher, rules, log)
    client = HTTPClient(loop: dispatcher.loop)
  }

  /// Those that are not delivered yet and not given up.
  var pending: Int { callbacks.count }

  /// A batch that runs, or has ended and not told so: its URL, if it has one, is called when it has ended.
  func watch(_ batch: BatchRecord) {
    dispatcher.loop.assertCurrent()
    guard batch.callback?.isPending == true, !isClosed else { return }
    if batch.outcome == nil { batch.follow(self) } else { begin(batch) }
  }

  func batchMoved(_ batch: BatchRecord) {
    guard batch.outcome != nil else { return }
    batch.unfollow(self)
    begin(batch)
  }

  /// A batch is purged, or has made way for others.
  func forget(_ batch: BatchRecord) {
    batch.unfollow(self)
    guard let callback = callbacks.removeValue(forKey: batch.id) else { return }
    log.warning("callback_dropped", ["batch": batch.id.text, "why": "the batch is no longer kept"])
    queue.removeAll { $0 === callback }
    let place = callback.place
    callback.place = .ending
    switch place {
    case .calling(let transfer): transfer.cancel()
    case .pausing(let timer): timer.cancel()
    case .queued, .ending: break
    }
  }

  /// What is not delivered is left to the next start.
  func close() {
    isClosed = true
    if !callbacks.isEmpty {
      let effect = dispatcher.book.journal.engine.isDurable ? "the next start goes on with them" : "they are lost"
      log.warning("callbacks_cut_off", ["callbacks": "\(callbacks.count)", "effect": effect])
    }
    for callback in callbacks.values { if case .pausing(let timer) = callback.place { timer.cancel() } }
    (callbacks, queue) = ([:], [])
    client.close()
  }

  private func begin(_ batch: BatchRecord) {
    guard !isClosed, callbacks[batch.id] == nil, let text = batch.manifest.callbackURL else { return }
    do throws(WebURL.Flaw) {
      let callback = Callback(batch, try WebURL(text))
      callbacks[batch.id] = callback
      enqueue(callback)
    } catch {
      // It was checked when it came: another version of libcurl may read it otherwise.
      end(batch, calls: 0, error: "the URL cannot be read any more: \(error.text)")
    }
  }

  // MARK: Calls

  private func enqueue(_ callback: Callback) {
    callback.place = .queued
    queue.append(callback)
    callNext()
  }

  private func callNext() {
    while callsUnderWay < rules.atOnce,
      let place = queue.firstIndex(where: { calling[$0.url.authority, default: 0] < rules.atOnceToOne })
    {
      call(queue.remove(at: place))
    }
  }

  private func call(_ callback: Callback) {
    callsUnderWay += 1
    calling[callback.url.authority, default: 0] += 1
    callback.calls += 1
    var (status, rest) = (0, Duration.zero)
    let transfer = client.start(
      request(callback),
      onHead: { head in
        status = head.status
        rest = CallbackRules.retryAfter(head.headers["Retry-After"], at: WallClock.now)
      }, onBody: { _ in },
      onEnd: { [weak self] result in
        self?.called(callback, status: status, rest: rest, result)
      })
    callback.place = .calling(transfer)
  }

  private func request(_ callback: Callback) -> HTTPClientRequest {
    let body = BatchDocument.bytes(of: callback.batch, dispatcher)
    var request = HTTPClientRequest(
      callback.url.text, method: "POST", headers: ["Content-Type": "application/json"], body: .bytes(body))
    if let secret = rules.secret {
      let timestamp = String(WallClock.now.milliseconds / 1_000)
      request.headers["X-Ignareo-Timestamp"] = timestamp
      request.headers["X-Ignareo-Signature"] = secret.signature(timestamp: timestamp, body: body)
    }
    request.timeout = rules.timeout
    request.followsRedirects = false
    request.maxBodyBytes = CoordinatorLimits.callbackAnswerBytes
    request.isIdempotent = true
    return request
  }

  /// The status alone decides: what is wrong with the rest of the answer is no reason to call again.
  ///
  /// - Parameter rest: how long the receiver wants not to be called.
  private func called(
    _ callback: Callback, status: Int, rest: Duration, _ result: Result<HTTPClientTiming, HTTPClientError>
  ) {
    callsUnderWay -= 1
    let left = calling[callback.url.authority, default: 1] - 1
    calling[callback.url.authority] = left == 0 ? nil : left
    defer { callNext() }
    // It was dropped meanwhile, or the coordinator closes.
    guard !isClosed, callbacks[callback.batch.id] === callback else { return }
    if (200...299).contains(status) { return end(callback, error: nil) }
    callsFailedTotal += 1
    let error: String
    switch result {
    case .success: error = "it answered \(status) \(HTTPStatus.reason(of: status))"
    case .failure(let failure) where status == 0: error = failure.message
    case .failure(let failure): error = "it answered \(status) \(HTTPStatus.reason(of: status)); \(failure.message)"
    }
    retry(callback, error: error, rest: rest)
  }

  private func retry(_ callback: Callback, error: String, rest: Duration) {
    let pause = max(rules.pause(after: callback.calls, using: &random), min(rest, rules.longestPause))
    let ended = callback.batch.outcome?.finishedAt ?? WallClock.now
    let age = Duration.milliseconds(WallClock.now.milliseconds - ended.milliseconds)
    guard age + pause < rules.givesUpAfter else { return end(callback, error: error) }
    let state = CallbackState.pending(calls: callback.calls, error: error)
    callback.batch.callback = state
    callback.batch.journal.append(state) {}
    if callback.calls == 1 {
      log.warning(
        "callback_failed", ["batch": callback.batch.id.text, "to": callback.url.authority, "cause": error])
    }
    callback.place = .pausing(
      dispatcher.loop.schedule(after: pause) { [weak self] in self?.enqueue(callback) })
  }

  private func end(_ callback: Callback, error: String?) {
    callback.place = .ending
    end(callback.batch, calls: callback.calls, error: error)
  }

  private func end(_ batch: BatchRecord, calls: Int, error: String?) {
    let end = CallbackEnd(at: WallClock.now, calls: calls, error: error)
    if let error {
      failedTotal += 1
      log.error("callback_given_up", ["batch": batch.id.text, "calls": "\(calls)", "cause": error])
    } else {
      deliveredTotal += 1
    }
    batch.journal.append(.ended(end)) { [weak self] in
      batch.callback = .ended(end)
      self?.callbacks[batch.id] = nil
    }
  }
}
