import Loop

extension HTTPClient {
  /// Awaits a whole answer, whatever its status. Call it in a task of the client's loop; when that task is cancelled,
  /// the transfer ends and its connection closes.
  ///
  /// - Throws: `cancelled` when the task was cancelled; the other codes as they say.
  package func fetch(
    _ request: HTTPClientRequest, isolation: isolated (any Actor)? = #isolation
  ) async throws(HTTPClientError) -> HTTPClientResponse {
    loop.assertCurrent()
    let transfer = HTTPTransfer(self, request)
    let result = await withTaskCancellationHandler {
      _ = isolation  // Mentioned, so that the closure is isolated like its caller: else it costs two enqueues.
      return await withUnsafeContinuation { (continuation: UnsafeContinuation<Answer, Never>) in
        transfer.callbacks.onEnd = { [unowned transfer] result in
          continuation.resume(returning: transfer.answer(result))
        }
        begin(transfer)
      }
    } onCancel: {
      // On any thread, and perhaps before the transfer has begun.
      loop.execute { transfer.cancel() }
    }
    return try result.get()
  }

  fileprivate typealias Answer = Result<HTTPClientResponse, HTTPClientError>
}

extension HTTPTransfer {
  fileprivate func answer(_ result: Result<HTTPClientTiming, HTTPClientError>) -> HTTPClient.Answer {
    switch result {
    case .failure(let error): return .failure(error)
    case .success(let timing):
      defer { collected = [] }
      return .success(HTTPClientResponse(head: head!, body: collected, timing: timing))
    }
  }
}
