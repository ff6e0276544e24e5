import Loop

extension HTTPClient {
  /// Awaits a whole answer, whatever its status. Call it in a task of the client's loop; when that task is cancelled,
  /// the transfer ends and its connection closes.
  ///
  /// - Throws: `cancelled` when the task was cancelled; the other codes as they say.
  package func fetch(
    _ request: consuming HTTPClientRequest, isolation: isolated (any Actor)? = #isolation
  ) async throws(HTTPClientError) -> HTTPClientResponse {
    let transfer = transfer(for: request)
    await end(of: transfer)
    return try transfer.answer()
  }

  /// For `end`, and then `HTTPTransfer.answer`: `fetch` in three steps. Who holds a transfer while it waits, rather
  /// than a request and a response, has some hundred bytes in the frames of its task and not three thousand, which are
  /// cold in the processor's cache when the answer comes.
  package func transfer(for request: consuming HTTPClientRequest) -> HTTPTransfer { HTTPTransfer(self, request) }

  /// Begins a transfer and awaits its end.
  package func end(of transfer: HTTPTransfer, isolation: isolated (any Actor)? = #isolation) async {
    loop.assertCurrent()
    await withTaskCancellationHandler {
      _ = isolation  // Mentioned, so that the closure is isolated like its caller: else it costs two enqueues.
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        transfer.owner = .awaiting(continuation)
        begin(transfer)
      }
    } onCancel: {
      // On any thread, and perhaps before the transfer has begun.
      loop.execute { transfer.cancel() }
    }
  }
}

extension HTTPTransfer {
  /// Its end; nothing is told after it, and nobody is held on to.
  func tellOwner(_ result: Result<HTTPClientTiming, HTTPClientError>) {
    let owner = self.owner
    self.owner = .told(result)
    switch owner {
    case .nobody, .told: break
    case .callbacks(let callbacks): callbacks.onEnd(result)
    case .awaiting(let continuation): continuation.resume()
    }
  }

  /// What came of a transfer whose end was awaited. Hands the body out: call it once.
  package func answer() throws(HTTPClientError) -> HTTPClientResponse {
    guard case .told(let result) = owner else { preconditionFailure("a transfer is asked for its answer too early") }
    let timing = try result.get()
    guard let head else { preconditionFailure("a transfer succeeds without an answer") }
    defer { collected = [] }
    return HTTPClientResponse(head: head, body: collected, timing: timing)
  }
}
