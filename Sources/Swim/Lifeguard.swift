extension Swim {
  /// What keeps a slow process from harming others, each part of which can be left out: to measure what it is worth,
  /// not for a cluster. The first three are Lifeguard's (Dadgar, Phillips, Currey, section IV), the last is our own.
  package struct Lifeguard: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Whoever hears no answers doubts itself and judges more slowly; relays say so when a target is silent.
    package static let awareness = Lifeguard(rawValue: 1)
    /// A suspicion that nobody shares lasts longer.
    package static let suspicion = Lifeguard(rawValue: 2)
    /// A suspect is told of it with the next ping, and not by gossip alone.
    package static let buddy = Lifeguard(rawValue: 4)
    /// Time in which this process stood still does not count; see `StallClock`.
    package static let stalls = Lifeguard(rawValue: 8)

    /// As the paper has it, and as memberlist does.
    package static let paper: Lifeguard = [.awareness, .suspicion, .buddy]
    package static let whole: Lifeguard = [.awareness, .suspicion, .buddy, .stalls]
    /// SWIM alone.
    package static let none: Lifeguard = []
  }
}
