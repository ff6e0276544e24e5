import Clockwork

/// One member's time to refute, shortened by each independent accuser (Lifeguard, section IV.B).
struct Suspicion: Sendable {
  /// Tells this suspicion's timer from those of earlier ones.
  let number: UInt64
  private let start: Instant
  private let shortest: Duration
  private let longest: Duration
  private let confirmationsWanted: Int
  /// The first one does not count as a confirmation.
  private(set) var accusers: [String]

  /// - Parameter members: all that are known: this process, suspects and the dead that are not yet forgotten.
  init(number: UInt64, accuser: String, at start: Instant, members: Int, configuration: Swim.Configuration) {
    self.number = number
    self.start = start
    accusers = [accuser]
    let wanted = configuration.suspicionMultiplier - 2
    confirmationsWanted = members - 2 < wanted ? 0 : max(wanted, 0)
    let scale = max(1, Logarithm.decimal(Double(max(1, members))))
    // A little more than nothing, so that a power of ten is not cut below itself.
    let thousandths = Int((scale * 1000 + 1e-9).rounded(.down))
    shortest = configuration.probeInterval * (configuration.suspicionMultiplier * thousandths) / 1000
    let stretches = configuration.lifeguard.contains(.suspicion)
    longest = stretches ? shortest * configuration.suspicionMaxTimeoutMultiplier : shortest
  }

  /// True if this accuser is new and still wanted; only then is the accusation worth passing on.
  mutating func confirm(by accuser: String) -> Bool {
    guard accusers.count - 1 < confirmationsWanted, !accusers.contains(accuser) else { return false }
    accusers.append(accuser)
    return true
  }

  var deadline: Instant { start + total }

  private var total: Duration {
    guard confirmationsWanted > 0 else { return shortest }
    let share = Logarithm.natural(Double(accusers.count)) / Logarithm.natural(Double(confirmationsWanted + 1))
    let milliseconds = longest.inMilliseconds - (longest - shortest).inMilliseconds * share
    return max(.milliseconds(Int64(milliseconds.rounded(.down))), shortest)
  }
}
