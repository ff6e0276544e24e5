import Clockwork
import Swim

/// Everybody who watches a virtual cluster.
struct Checkers {
  var accuracy = AccuracyChecker()
  var completeness = CompletenessChecker()
  var convergence = ConvergenceChecker()
  var incarnations: IncarnationChecker
  var packetSizes = PacketSizeChecker()
  var load: LoadChecker
  var memory: MemoryChecker
  /// What a scenario said should be seen, and was not.
  var unmet: [Report.Failure] = []

  init(_ profile: Swim.Configuration, members: Int) {
    incarnations = IncarnationChecker(profile)
    load = LoadChecker(profile, members: members)
    memory = MemoryChecker(members: members)
  }

  /// What is looked at every few seconds.
  mutating func sample(_ nodes: [VirtualNode], over interval: Duration, at now: Instant) {
    for node in nodes where node.condition == .running {
      for member in node.machine.members(at: node.clock.shown(at: now)).dropFirst() {
        incarnations.saw(member, by: node)
      }
      memory.check(node, at: now)
    }
    load.endWindow(of: interval, nodes, at: now)
  }

  /// Cheap enough to be asked after every event.
  var haveFailed: Bool {
    !(accuracy.failures.isEmpty && completeness.failures.isEmpty && convergence.failures.isEmpty
      && incarnations.failures.isEmpty && packetSizes.failures.isEmpty && load.failures.isEmpty
      && memory.failures.isEmpty && unmet.isEmpty)
  }

  var failures: [Report.Failure] {
    accuracy.failures + completeness.failures + convergence.failures + incarnations.failures + packetSizes.failures
      + load.failures + memory.failures + unmet
  }
}
