import Loop

@testable import Ignareo

/// Holds tasks until a test lets them go.
final class TaskGate: Sendable {
  private let isOpen = Lock(false)

  var hasOpened: Bool { isOpen.withLock { $0 } }
  func open() { isOpen.withLock { $0 = true } }

  /// The built-in types, and `gated`, whose tasks run until the gate is open or they are cancelled.
  var types: TaskTypes {
    var types = TaskTypes.builtIn
    types.register("gated", repeatable: true, summary: "waits for a test") { [self] (_: AnyJSON, context) in
      while !isOpen.withLock({ $0 }) { try await context.sleep(.milliseconds(2)) }
      return true
    }
    return types
  }
}
