import Loop
import Net

/// One answer whose body is handed on as it comes; what a refusal says is kept instead.
///
/// Guarded by: the loop's thread; the client calls back there, and commands run there.
final class AnswerStream: @unchecked Sendable {
  /// A refusal's words are short; what is more is cut off.
  private static let refusedLimit = 64 << 10

  private(set) var status = 0
  private(set) var refused: [UInt8] = []
  private let chunk: ([UInt8]) -> Void
  private var transfer: HTTPTransfer?

  init(_ chunk: @escaping ([UInt8]) -> Void) { self.chunk = chunk }

  /// Runs the request to its end; cancelling the task ends it early.
  /// - Returns: nil for an answer that came whole.
  func run(_ request: HTTPClientRequest, _ client: HTTPClient) async -> HTTPClientError? {
    await withTaskCancellationHandler {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<HTTPClientError?, Never>) in
        transfer = client.start(
          request, onHead: { [self] head in status = head.status },
          onBody: { [self] bytes in take(bytes) },
          onEnd: { [self] result in
            transfer = nil
            switch result {
            case .success: continuation.resume(returning: nil)
            case .failure(let error): continuation.resume(returning: error)
            }
          })
      }
    } onCancel: {
      client.loop.execute { [self] in transfer?.cancel() }
    }
  }

  private func take(_ bytes: [UInt8]) {
    if (200..<300).contains(status) {
      chunk(bytes)
    } else if refused.count < Self.refusedLimit {
      refused += bytes
    }
  }
}
