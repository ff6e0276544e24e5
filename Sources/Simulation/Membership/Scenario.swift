package import Swim

/// What happens to a virtual cluster, and what must be seen: a text of one line a step.
///
///     profile local            lan, wan or local; first, if not local
///     loss 5%                  of datagrams; also `duplicates 1%`, `latency 1ms 20ms`
///     at 10s crash 3           also `restart 3`, `leave 3`, `pause 3`, `resume 3`, `meta 3 text`, `loss 0%` …
///     at 20s cut 1 2           1's packets no longer reach 2; `mend 1 2`
///     at 20s partition 0 1 2   these are cut off from the rest, both ways; `heal`
///     by 30s all see 3 dead    alive, suspect, dead, left or unknown; `1 sees 3 dead`
///     until 60s                then everybody must agree
///
/// Members are numbers from 0, or letters: each letter is another member, drawn from the seed and never 0.
/// `half` in a partition draws half of them.
package struct Scenario: Sendable {
  package struct Step: Sendable {
    package var time: Duration
    package var action: Action
    /// As written, for the trace.
    package var text: String
  }

  package enum Action: Sendable {
    case crash(MemberReference)
    case restart(MemberReference)
    case leave(MemberReference)
    case pause(MemberReference)
    case resume(MemberReference)
    case meta(MemberReference, String)
    case loss(Double)
    case duplicates(Double)
    case latency(ClosedRange<Duration>)
    case cut(MemberReference, MemberReference)
    case mend(MemberReference, MemberReference)
    case partition(PartitionSide)
    case heal
    /// nil observer: all that run.
    case expect(observer: MemberReference?, subject: MemberReference, ExpectedState)
  }

  package enum MemberReference: Sendable, Hashable {
    case number(Int)
    case letter(Character)
  }

  package enum PartitionSide: Sendable {
    case half
    case members([MemberReference])
  }

  package enum ExpectedState: Sendable, Hashable {
    case known(MemberState)
    case unknown
  }

  package var name: String
  package var profile: Swim.Configuration
  package var steps: [Step]
  package var end: Duration

  package init(name: String, profile: Swim.Configuration, steps: [Step], end: Duration) {
    self.name = name
    self.profile = profile
    self.steps = steps
    self.end = end
  }
}

/// A scenario's text that means nothing.
package struct ScenarioError: Error, Sendable, Equatable, CustomStringConvertible {
  package let line: Int
  package let reason: String

  package var description: String { "line \(line): \(reason)" }
}
