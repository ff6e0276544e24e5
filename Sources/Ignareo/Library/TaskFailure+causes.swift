internal import Net

extension TaskFailure {
  /// A value that nobody could read once it is inside a result line. The same attempt would fail in the same way.
  static func tooDeep(_ subject: String) -> TaskFailure {
    TaskFailure(
      .internal,
      "\(subject) nests arrays and objects deeper than the \(Limits.valueDepth) levels that a task's value may have",
      isRetryable: false)
  }

  static func tooLarge(valueBytes: Int) -> TaskFailure {
    TaskFailure(
      .tooLarge,
      "the task's value has \(valueBytes) bytes as JSON, of \(Limits.valueBytes) that it may have; "
        + "let it name where the data is instead of carrying it")
  }

  /// With its texts cut to what a result line carries.
  var bounded: TaskFailure {
    var failure = self
    failure.message = Self.bounded(message)
    failure.pointer = pointer.map(Self.bounded)
    return failure
  }

  private static func bounded(_ text: String) -> String {
    guard text.utf8.count > Limits.messageBytes else { return text }
    return String(decoding: text.utf8.prefix(Limits.messageBytes), as: UTF8.self) + "…"
  }

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
      case .connect: .connect
      // `connect` promises that nothing was sent: a connection that broke later has its own word.
      case .closed, .protocolError: error.surelyNoEffect ? .connect : .lost
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
