/// Production membership machines in a virtual world: time, chance and network are drawn from one seed.
package enum MembershipSimulation {
  /// Runs a scenario to its end. The same arguments give the same trace, to the packet.
  ///
  /// - Parameters:
  ///   - members: 2 to 1000. The first three are everybody's addresses to join through.
  package static func run(seed: UInt64, members: Int, scenario: Scenario) -> Report {
    precondition(2...1000 ~= members, "a simulation takes 2 to 1000 members, not \(members)")
    var world = MembershipWorld(seed: seed, members: members, scenario: scenario)
    return world.run()
  }
}
