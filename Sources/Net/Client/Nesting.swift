/// Whether an engine is on the stack: owners are called from within libcurl and from within the reading of an answer,
/// and what they ask for there must wait until the outermost call has returned. libcurl must never be entered from
/// inside one of its callbacks, and a connection must not be closed under the parser that reads from it.
///
/// Guarded by: the loop of the client that holds it.
final class Nesting {
  private var depth = 0
  private var deferred: [() -> Void] = []

  var isInside: Bool { depth > 0 }

  /// Runs `work` once no engine is on the stack: at once when none is.
  func afterwards(_ work: @escaping () -> Void) {
    if isInside { deferred.append(work) } else { work() }
  }

  func inside<Result>(_ call: () -> Result) -> Result {
    depth += 1
    defer {
      depth -= 1
      if depth == 0, !deferred.isEmpty { runDeferred() }
    }
    return call()
  }

  private func runDeferred() {
    let due = deferred
    deferred = []
    for work in due { work() }
  }
}
