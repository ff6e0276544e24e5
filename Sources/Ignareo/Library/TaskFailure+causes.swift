internal import Net

extension TaskFailure {
  /// Whatever a task threw, as the failure that its submitter is told.
  init(from error: any Error) {
    switch error {
    case let failure as TaskFailure: self = failure
    case let error as HTTPClientError:
      self = TaskFailure(error) ?? TaskFailure(.internal, "the task stopped, though nobody had cancelled it")
    case is CancellationError: self.init(.internal, "the task stopped, though nobody had cancelled it")
    default: self.init(.internal, "\(error)")
    }
  }

  /// nil for a transfer that was cancelled: that is no failure of its own.
  init?(_ error: HTTPClientError) {
    let code: Code? =
      switch error.code {
      case .badURL, .badRequest: .badArguments
      case .dns: .dns
      case .connect, .closed, .protocolError: .connect
      case .tls: .tls
      case .timeout: .timeout
      case .tooLarge: .tooLarge
      case .tooManyRedirects: .httpStatus
      case .cancelled: nil
      }
    guard let code else { return nil }
    self.init(code, error.message, mayHaveTakenEffect: !error.surelyNoEffect)
  }
}
