extension Swim {
  /// How much of each thing a machine holds. All of it is bounded, most of it by the number of members.
  package struct Holdings: Sendable, Equatable {
    package var members = 0
    package var departed = 0
    package var broadcasts = 0
    package var timers = 0
    package var relays = 0
    package var exchanges = 0

    package init() {}
  }

  package var holdings: Holdings {
    var held = Holdings()
    held.members = table.count
    held.departed = departed.count
    held.broadcasts = queue.count
    held.timers = timers.count
    held.relays = relays.count
    held.exchanges = exchanges.count
    return held
  }

  /// How many pieces of news there have been to gossip, each of which is sent `transmitLimit` times at most.
  package var newsEver: Int { Int(queue.lastNumber) }

  /// Begins with all of these in the table, as if they had been known for long: nothing is told of them, to nobody. So
  /// a simulation of thousands need not first sit through their joining each other.
  package mutating func assume(_ members: [Member]) {
    precondition(phase == .idle, "members can be assumed before the start only")
    for member in members where member.name != me.name { _ = table.insert(member, using: &generator) }
  }
}
