/// What happens to a coordinator, its nodes and its disk: a text of one line a step, in `BatchScenario.language`.
package struct BatchScenario: Sendable {
  package struct Step: Sendable {
    package var time: Duration
    package var action: Action
    /// As written, for the trace.
    package var text: String
  }

  package typealias NodeReference = Scenario.MemberReference

  package enum Action: Sendable {
    case chance(Chance, Double)
    case latency(ClosedRange<Duration>)
    case sync(ClosedRange<Duration>)
    case drift(Double)
    case submit(tasks: Int)
    case cancel(batch: Int)
    case crash(NodeReference)
    case restart(NodeReference)
    case partition(NodeReference)
    case heal(NodeReference)
    case slow(NodeReference, Bool)
    case refuse(NodeReference, Bool)
    case suspect(NodeReference)
    case drain(NodeReference)
    case kill(coordinator: Int)
    case power(coordinator: Int)
    case start(coordinator: Int)
    case full(Bool)
  }

  /// What goes wrong now and then.
  package enum Chance: String, CaseIterable, Sendable {
    case breaks, refuses, unreached, garbles, doubles, late, partial, straggles, unanswered, poison, lost
  }

  package var name: String
  package var steps: [Step]
  package var end: Duration
  /// How many there are; each has every so many of the batches.
  package var coordinators = 1
  package static let coordinatorCounts = 1...4

  package init(name: String, steps: [Step], end: Duration) {
    (self.name, self.steps, self.end) = (name, steps, end)
  }
}
