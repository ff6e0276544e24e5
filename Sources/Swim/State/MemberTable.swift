import Clockwork

/// All other members that the protocol knows of, in the order in which they are probed.
///
/// Found by name at once; walked in rounds, shuffled between them, so that each is probed once in a round and the time
/// until it is probed is bounded (SWIM, section 4.3).
struct MemberTable: Sendable {
  struct Entry: Sendable {
    var member: Member
    /// Few members have any of it at a time, so it lies apart: a table of ten thousand is half as large without.
    private var exceptional: Boxed?

    init(member: Member) { self.member = member }

    var suspicion: Suspicion? {
      get { exception.suspicion }
      set { exception.suspicion = newValue }
    }

    /// When these two were last told to the application.
    var conflictTold: Instant? {
      get { exception.conflictTold }
      set { exception.conflictTold = newValue }
    }

    var datagramLossTold: Instant? {
      get { exception.datagramLossTold }
      set { exception.datagramLossTold = newValue }
    }

    private var exception: Exception {
      get { if case .exception(let exception)? = exceptional { exception } else { Exception() } }
      set { exceptional = newValue.isNone ? nil : .exception(newValue) }
    }
  }

  private struct Exception: Sendable {
    var suspicion: Suspicion?
    var conflictTold: Instant?
    var datagramLossTold: Instant?

    var isNone: Bool { suspicion == nil && conflictTold == nil && datagramLossTold == nil }
  }

  /// On the heap, and still a value.
  private indirect enum Boxed: Sendable {
    case exception(Exception)
  }

  private(set) var entries: [Entry] = []
  private var places: [String: Int] = [:]
  private var probePlace = 0
  private var counts = [0, 0, 0, 0]

  var count: Int { entries.count }

  func count(_ state: MemberState) -> Int { counts[Int(state.rawValue)] }

  func place(of name: String) -> Int? { places[name] }

  /// A state is changed with `setState` only, since states are counted.
  subscript(place: Int) -> Entry {
    get { entries[place] }
    _modify { yield &entries[place] }
  }

  mutating func setState(_ state: MemberState, at place: Int, since now: Instant) {
    counts[Int(entries[place].member.state.rawValue)] -= 1
    counts[Int(state.rawValue)] += 1
    entries[place].member.state = state
    entries[place].member.since = now
  }

  /// Puts a new member at a random place of the round.
  mutating func insert(_ member: Member, using generator: inout SplitMix64) -> Int {
    precondition(places[member.name] == nil, "\(member.name) is in the table already")
    let place = Int.random(in: 0...entries.count, using: &generator)
    entries.append(Entry(member: member))
    entries.swapAt(place, entries.count - 1)
    places[entries[entries.count - 1].member.name] = entries.count - 1
    places[member.name] = place
    counts[Int(member.state.rawValue)] += 1
    return place
  }

  /// The next alive or suspect member of the round; at its end a new one begins, without those that `isOver` names,
  /// which are handed to `remove`. Nil if nobody is left to probe.
  mutating func nextToProbe(
    using generator: inout SplitMix64, isOver: (Member) -> Bool, remove: (Member) -> Void
  ) -> Member? {
    var looked = 0
    while looked <= entries.count, !entries.isEmpty {
      if probePlace >= entries.count {
        startRound(using: &generator, isOver: isOver, remove: remove)
        continue
      }
      let member = entries[probePlace].member
      probePlace += 1
      looked += 1
      if member.state == .alive || member.state == .suspect { return member }
    }
    return nil
  }

  private mutating func startRound(
    using generator: inout SplitMix64, isOver: (Member) -> Bool, remove: (Member) -> Void
  ) {
    probePlace = 0
    entries.removeAll { entry in
      guard isOver(entry.member) else { return false }
      counts[Int(entry.member.state.rawValue)] -= 1
      places[entry.member.name] = nil
      remove(entry.member)
      return true
    }
    entries.shuffle(using: &generator)
    for (place, entry) in entries.enumerated() { places[entry.member.name] = place }
  }

  /// Up to `count` different random members that `accepts` takes. A large table is sampled, and walked only when
  /// samples keep being refused.
  func pick(_ count: Int, using generator: inout SplitMix64, where accepts: (Member) -> Bool) -> [Member] {
    var chosen: [Int] = []
    if entries.count > 8 * count {
      for _ in 0..<6 * count where chosen.count < count {
        let place = Int.random(in: 0..<entries.count, using: &generator)
        if !chosen.contains(place), accepts(entries[place].member) { chosen.append(place) }
      }
    }
    if chosen.count < count { chosen = pickFromAll(count, using: &generator, where: accepts) }
    return chosen.map { entries[$0].member }
  }

  /// Reservoir sampling (Vitter, 1985), then shuffled, since a reservoir keeps its first places in order.
  private func pickFromAll(
    _ count: Int, using generator: inout SplitMix64, where accepts: (Member) -> Bool
  ) -> [Int] {
    var chosen: [Int] = []
    var seen = 0
    for place in entries.indices where accepts(entries[place].member) {
      seen += 1
      if chosen.count < count {
        chosen.append(place)
      } else {
        let slot = Int.random(in: 0..<seen, using: &generator)
        if slot < count { chosen[slot] = place }
      }
    }
    chosen.shuffle(using: &generator)
    return chosen
  }
}
