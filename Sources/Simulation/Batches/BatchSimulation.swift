/// The production scheduler, the journal's records and their recovery in a virtual world: nodes, network, disk, time
/// and chance are drawn from one seed.
package enum BatchSimulation {
  package static let sizes = 1...100
  static let tasksInBatch = 10_000

  /// Runs a scenario to its end, and on until all batches have ended. The same arguments give the same trace, to the
  /// byte on the disk.
  ///
  /// - Parameter nodes: one of `sizes`.
  package static func run(
    seed: UInt64, nodes: Int, scenario: BatchScenario, fault: PlantedBatchFault? = nil
  ) -> BatchReport {
    precondition(sizes.contains(nodes), "a simulation takes 1 to 100 nodes, not \(nodes)")
    var world = BatchWorld(seed: seed, nodes: nodes, scenario: scenario, fault: fault)
    return world.run()
  }
}
