package import JSON

/// What is wrong with a submitted task.
package struct TaskSpecError: Error, Equatable, Sendable {
  package enum Code: Sendable {
    case notJSON, invalid
    /// More than `TaskLimits.bytes`.
    case tooLarge
  }

  package let code: Code
  /// Into the task, or into what its submitter sent where `at` has put it there.
  package var pointer: JSONPointer
  package let detail: String

  package init(_ code: Code = .invalid, at pointer: JSONPointer, _ detail: String) {
    self.code = code
    self.pointer = pointer
    self.detail = detail
  }

  /// The same inside what `outer` points at.
  package func inside(_ outer: JSONPointer) -> TaskSpecError {
    TaskSpecError(code, at: JSONPointer(tokens: outer.tokens + pointer.tokens), detail)
  }
}
