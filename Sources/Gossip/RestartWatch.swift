import Clockwork

/// Finds members that were started again before anybody missed them: they never died in anybody's view, and only the
/// start in their meta tells.
struct RestartWatch {
  private var starts: [String: Int64] = [:]
  /// Only of those that did so, and only while they live.
  private var restarts: [String: Instant] = [:]
  private(set) var count = 0

  /// - Returns: whether this is another life of a member that was thought to live on.
  mutating func note(_ change: MemberChange, _ name: String, started: Int64?, at now: Instant) -> Bool {
    switch change {
    case .joined:
      starts[name] = started
      restarts[name] = nil
    case .updated:
      guard let started, let known = starts.updateValue(started, forKey: name), known != started else { return false }
      restarts[name] = now
      count += 1
      return true
    case .died, .left: restarts[name] = nil
    case .forgotten:
      starts[name] = nil
      restarts[name] = nil
    case .suspected, .refuted: break
    }
    return false
  }

  /// When its present life was noticed, where that is not when its state began.
  func moment(of name: String) -> Instant? { restarts[name] }
}
