/// What a run was made of.
package struct BatchFigures: Sendable, Equatable {
  package var batches = 0
  package var tasks = 0
  package var shards = 0
  /// Attempts that nodes began.
  package var attempts = 0
  /// Results that readers saw, and those of them that nobody knows.
  package var results = 0
  package var unknown = 0
  package var hedged = 0
  /// Coordinators that took a journal over.
  package var recoveries = 0
  /// In virtual time, from the first step to the last result.
  package var seconds = 0.0

  package init() {}
}

/// How a simulation of batches ended.
package struct BatchReport: SimulationReport {
  package let seed: UInt64
  package let nodes: Int
  package let scenario: BatchScenario
  package let failures: [Failure]
  package let trace: [String]
  package let firstFailure: Int?
  package let digest: UInt64
  package let figures: BatchFigures

  package var isChecked: Bool { true }

  package var repeatCommand: String {
    "ignareo simulate batch --seed \(seed) --nodes \(nodes) --scenario \(Shell.quoted(scenario.name))"
  }

  package var headline: String {
    "batch: scenario \(scenario.name), seed \(seed), \(nodes) nodes: \(figures.batches) batches, "
      + "\(figures.tasks) tasks, "
      + "\(figures.shards) shards, \(figures.attempts) attempts, \(figures.recoveries) recoveries"
  }
}
