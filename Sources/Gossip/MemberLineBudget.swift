import Clockwork
import Swim

/// Says which changes of members are logged one by one, and counts the others until they are summed up.
struct MemberLineBudget {
  enum Verdict: Equatable {
    case line
    /// `isFirst`: a sum is due in a while.
    case counted(isFirst: Bool)
  }

  private var windowStart = Instant.zero
  private var lines = 0
  private var counts: [String: Int] = [:]

  mutating func take(_ kind: String, at now: Instant) -> Verdict {
    if now - windowStart >= GossipLimits.memberLogInterval { (windowStart, lines) = (now, 0) }
    if lines < GossipLimits.memberLinesASecond {
      lines += 1
      return .line
    }
    defer { counts[kind, default: 0] += 1 }
    return .counted(isFirst: counts.isEmpty)
  }

  /// How many were counted since the last sum, by kind.
  mutating func takeSum() -> [String: Int] {
    defer { counts = [:] }
    return counts
  }
}

extension MemberEvent {
  /// In a word, what there is one of for each member and what is logged; nil for the others.
  var kind: String? {
    switch self {
    case .joined: "joined"
    case .suspected: "suspected"
    case .refuted: "refuted"
    case .died: "died"
    case .left: "left"
    case .nameConflict: "name_conflict"
    case .unreachableByDatagram: "udp_unreachable"
    case .updated, .forgotten, .versionsDisagree, .joinFailing, .joinSucceeded: nil
    }
  }
}
