/// Why a flow ended before its end.
package struct FlowFailure: Error, Equatable, Sendable {
  /// The contract's error codes that a flow can end with.
  package enum Code: String, Sendable, CaseIterable {
    case timeout, lost, connect, dns, tls, assertion, rejected, `internal`
    case badArguments = "bad_arguments"
    case httpStatus = "http_status"
    case tooLarge = "too_large"
  }

  package var code: Code
  package var message: String
  /// The step that failed, from the flow's arguments; set by the machine.
  package var pointer = ""
  /// nil: as the code suggests.
  package var isRetryable: Bool?
  /// Of a request that failed: whether it may have been heeded. Of a flow that failed: whether any of its steps may
  /// have had an effect, so that a second run could have it twice.
  package var mayHaveTakenEffect: Bool

  package init(_ code: Code, _ message: String, isRetryable: Bool? = nil, mayHaveTakenEffect: Bool = false) {
    (self.code, self.message) = (code, message)
    (self.isRetryable, self.mayHaveTakenEffect) = (isRetryable, mayHaveTakenEffect)
  }
}
