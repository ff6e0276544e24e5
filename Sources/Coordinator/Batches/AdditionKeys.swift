import Batch

/// The idempotency keys of the calls that bring an open batch more tasks: the latest of them.
struct AdditionKeys {
  enum Use {
    /// The call is under way.
    case reading
    case taken(BatchManifest.Digest)
  }

  private var uses: [String: Use] = [:]
  /// Those that were taken, the oldest first.
  private var order: [String] = []

  init(_ additions: [BatchManifest.Addition]) {
    for addition in additions { bind(addition) }
  }

  var isEmpty: Bool { uses.isEmpty }

  subscript(key: String) -> Use? { uses[key] }

  mutating func reserve(_ key: String) { uses[key] = .reading }

  /// Forgets a call of which nothing was kept.
  mutating func release(_ key: String) {
    if case .reading? = uses[key] { uses[key] = nil }
  }

  mutating func bind(_ addition: BatchManifest.Addition) {
    uses[addition.key] = .taken(addition.digest)
    order.append(addition.key)
    guard order.count > CoordinatorLimits.additionKeys else { return }
    // Many at once: taking the first of an array moves all the others.
    for key in order.prefix(CoordinatorLimits.additionKeys / 10) { uses[key] = nil }
    order.removeFirst(CoordinatorLimits.additionKeys / 10)
  }
}
