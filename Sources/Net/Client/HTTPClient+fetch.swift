import Loop

extension HTTPClient {
  /// Awaits a whole answer, whatever its status. Call it in a task of the client's loop; when that task is cancelled,
  /// the transfer ends and its connection closes.
  ///
  /// - Throws: `cancelled` when the task was cancelled; the other codes as they say.
  package func fetch(
    _ request: consuming HTTPClientRequest, isolation: isolated (any Actor)? = #isolation
  ) async throws(HTTPClientError) -> HTTPClientResponse {
    loop.assertCurrent()
    let transfer = HTTPTransfer(self, request)
    let result = await withTaskCancellationHandler {
      _ = isolation  // Mentioned, so that the closure is isolated like its caller: else it costs two enqueues.
      return await withUnsafeContinuation { (continuation: UnsafeContinuation<HTTPTransfer.Answer, Never>) in
        transfer.owner = .awaiting(continuation)
        begin(transfer)
      }
    } onCancel: {
      // On any thread, and perhaps before the transfer has begun.
      loop.execute { transfer.cancel() }
    }
    return try result.get()
  }
}

extension HTTPTransfer {
  /// Its end; nothing is told after it, and nobody is held on to.
  func tellOwner(_ result: Result<HTTPClientTiming, HTTPClientError>) {
    let owner = self.owner
    self.owner = .nobody
    switch owner {
    case .nobody: break
    case .callbacks(let callbacks): callbacks.onEnd(result)
    case .awaiting(let continuation): continuation.resume(returning: answer(result))
    }
  }

  private func answer(_ result: Result<HTTPClientTiming, HTTPClientError>) -> Answer {
    switch result {
    case .failure(let error): return .failure(error)
    case .success(let timing):
      guard let head else { preconditionFailure("a transfer succeeds without an answer") }
      defer { collected = [] }
      return .success(HTTPClientResponse(head: head, body: collected, timing: timing))
    }
  }
}
