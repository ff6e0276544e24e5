/// What happens to a coordinator, its nodes and its disk: a text of one line a step.
///
///     breaks 5%                of exchanges break on the way; also `refuses`, `unreached`, `garbles`, `doubles`
///                              (results that come twice), `late` (results that come after their exchange is over), `partial`
///                              (shards of which not all goes out), `straggles` (attempts that take thirty times as
///                              long), `unanswered` (submitters that do not hear the answer), `poison` (tasks that
///                              take their nodes down, in the batches that follow)
///     latency 1ms 20ms         of the network; `sync 1ms 8ms`: of the disk
///     drift 2%                 the coordinator's clock goes wrong by up to so much
///     at 2s submit 60          a batch of up to so many tasks; `cancel 0`: the first one's submitter wants it to end
///     at 5s crash a            a node's process is gone; `restart a`
///     at 5s partition a        cut off from the coordinator; `heal a`
///     at 5s slow a             twenty times as slow; `fast a`
///     at 5s refuse a           answers 503; `accept a`
///     at 5s suspect a          gossip suspects it, and hears better two seconds later
///     at 5s drain a            ends what it has, then leaves
///     at 5s kill               the coordinator's process is gone; `power`: the whole machine; `start`
///     at 5s full               the disk takes no byte; `room`
///     until 60s                then all faults end, and so must all batches
///
/// Nodes are numbers from 0, or letters: each letter is another node, drawn from the seed and never 0.
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
    case kill
    case power
    case start
    case full(Bool)
  }

  /// What goes wrong now and then.
  package enum Chance: String, CaseIterable, Sendable {
    case breaks, refuses, unreached, garbles, doubles, late, partial, straggles, unanswered, poison
  }

  package var name: String
  package var steps: [Step]
  package var end: Duration

  package init(name: String, steps: [Step], end: Duration) {
    (self.name, self.steps, self.end) = (name, steps, end)
  }
}
