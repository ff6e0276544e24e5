import Clockwork
import Swim

/// This process and another that has the same name: which of them has to go.
///
/// Of two that were started within a minute of each other it is the later one by their own calendars, and of two with
/// one time the one with the higher address: both judge alike, whomever the cluster has heard of first. Else the one
/// that the cluster lists stays, since the other one came later or was thought dead for long.
struct NameRivalry {
  enum Verdict: Equatable {
    case weYield
    case theyYield
    /// Whoever is listed stays.
    case listed
  }

  /// In microseconds, as they say it.
  private static let sameTime: Int64 = 60_000_000

  let name: String
  let address: Swim.Address
  let started: Int64
  /// Why the cluster does not list this process, or will not, in words for people.
  private(set) var conflict: String?
  private var seen = Instant.zero
  private var logged: Instant?

  init(name: String, address: Swim.Address, started: Int64) {
    (self.name, self.address, self.started) = (name, address, started)
  }

  /// The other one in a state that somebody has sent, if it lives there.
  func rival(in states: [PushPull.State]) -> PushPull.State? {
    states.first { $0.name == name && ($0.state == .alive || $0.state == .suspect) && $0.address != address }
  }

  func verdict(on rival: PushPull.State) -> Verdict {
    guard let theirs = MemberMeta(bytes: rival.meta).started, abs(theirs - started) <= Self.sameTime else {
      return .listed
    }
    return (started, address.sortKey) > (theirs, rival.address.sortKey) ? .weYield : .theyYield
  }

  /// Whether a start is over by that: the cluster lists another one, which was not started after this one.
  func refusesStart(_ rival: PushPull.State) -> Bool {
    verdict(on: rival) != .theyYield || MemberMeta(bytes: rival.meta).started == started
  }

  /// - Returns: whether it is time to say so in the log.
  mutating func lost(to rival: PushPull.State, at now: Instant) -> Bool {
    conflict = "the name '\(name)' is taken by a live member at \(rival.address), so the cluster does not list this one"
    seen = now
    if let logged, now - logged < GossipLimits.complaintInterval { return false }
    logged = now
    return true
  }

  /// Somebody's state had nobody else of this name in it.
  ///
  /// - Returns: whether a conflict is over by that: those who have not heard of the other one say nothing of it either.
  mutating func unseen(at now: Instant) -> Bool {
    guard conflict != nil, now - seen >= GossipLimits.complaintInterval else { return false }
    (conflict, logged) = (nil, nil)
    return true
  }
}

extension Swim.Address {
  /// Any order does, as long as all have the same.
  fileprivate var sortKey: String { "\(self)" }
}
