/// Production membership machines in a virtual world: time, chance and network are drawn from one seed.
package enum MembershipSimulation {
  /// The table that each member holds of all others makes the memory grow with the square of their number: 1,000 take
  /// some 180 MB, 10,000 some 18 GB.
  package static let sizes = 2...10_000

  /// Runs a scenario to its end. The same arguments give the same trace, to the packet.
  ///
  /// - Parameters:
  ///   - members: one of `sizes`. The first three are everybody's addresses to join through.
  package static func run(
    seed: UInt64, members: Int, scenario: Scenario, fault: PlantedFault? = nil
  ) -> Report {
    precondition(sizes.contains(members), "a simulation takes 2 to 10,000 members, not \(members)")
    var world = MembershipWorld(seed: seed, members: members, scenario: scenario, fault: fault)
    return world.run()
  }
}
