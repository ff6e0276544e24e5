import Batch

/// What a coordinator was measured to do beside so many nodes.
package struct ScalingFigures: Sendable {
  package let nodes: Int
  /// Virtual time.
  package internal(set) var measured = Duration.zero
  /// Tasks a second that the nodes could do.
  package internal(set) var offered = 0.0
  package internal(set) var tasks = 0
  package internal(set) var shards = 0
  /// Processor time of the scheduler, of what it does for the nodes' reports, and of the journal's records.
  package internal(set) var scheduling = Duration.zero
  package internal(set) var reports = Duration.zero
  package internal(set) var writing = Duration.zero
  /// Microseconds that something waited for the coordinator.
  var lag = Histogram()
  /// Microseconds from the submission of a batch of one task to its end, beside one that keeps all nodes busy.
  var probes = Histogram()

  init(nodes: Int) { self.nodes = nodes }

  /// What so large a part of them did not exceed, in milliseconds.
  package func lag(_ part: Double) -> Double { Double(lag.quantile(part) ?? 0) / 1e3 }
  package func probe(_ part: Double) -> Double { Double(probes.quantile(part) ?? 0) / 1e3 }
}
