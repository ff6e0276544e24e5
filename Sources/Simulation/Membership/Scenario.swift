package import Swim

/// What happens to a virtual cluster, and what must be seen: a text of one line a step.
///
///     profile local            lan, wan or local; first, if not local
///     lifeguard off            without what keeps slow members from harming others: off, paper or on
///     warm                     at the start all know each other; else they join
///     late half                so many are not there at the start; `late 3`: all but the first three
///     unchecked                figures only: no checkers and no trace, for thousands of members
///     loss 5%                  of datagrams, and of a stream's packets, which are sent again
///     duplicates 1%            `latency 1ms 20ms`; `reorder 10%` of datagrams come up to half a second late
///     drift 2%                 each member's clock goes wrong by up to so much
///     pausing 5% 5s 15s        such a share of members stands still again and again, for so long at a time
///     at 10s crash 3           also `restart 3`, `leave 3`, `pause 3`, `resume 3`, `meta 3 text`, `loss 0%` …
///     at 10s crash half        of those that run; `restart rest`: all that are down
///     at 20s restart 3 elsewhere     under its name, at another address
///     at 20s cut 1 2           1's packets no longer reach 2; `mend 1 2`; `mute 1 2`: only its datagrams do not
///     at 20s partition 0 1 2   these are cut off from the rest, both ways; `heal`
///     at 20s 1 hears dead 2 5 from 3     also `suspect 2 5 from 3`, `alive 2 5`, `alive 2 5 elsewhere`: from nowhere
///     by 30s all see 3 dead    alive, suspect, dead, left or unknown; `1 sees 3 dead`
///     at 30s measure           from here on counts what members send
///     at 30s show 1            whom 1 holds for what, into the record; `record events`, `record packets`, `record off`
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
    case crashHalf
    case restart(MemberReference, elsewhere: Bool)
    case restartRest
    case leave(MemberReference)
    case pause(MemberReference)
    case resume(MemberReference)
    case pausing(Pausing)
    case meta(MemberReference, String)
    case loss(Double)
    case duplicates(Double)
    case reorder(Double)
    case latency(ClosedRange<Duration>)
    case drift(Double)
    case cut(MemberReference, MemberReference)
    case mend(MemberReference, MemberReference)
    /// From, to, and whether datagrams are lost.
    case mute(MemberReference, MemberReference, Bool)
    case partition(PartitionSide)
    case heal
    case hear(MemberReference, Rumour)
    /// nil observer: all that run.
    case expect(observer: MemberReference?, subject: MemberReference, ExpectedState)
    case measure
    case record(Record)
    case show(MemberReference)
  }

  package enum MemberReference: Sendable, Hashable {
    case number(Int)
    case letter(Character)
  }

  package enum PartitionSide: Sendable {
    case half
    case members([MemberReference])
  }

  /// A share of the members, at least one, and never 0; how long each pause lasts.
  package struct Pausing: Sendable {
    package var share: Double
    package var lasts: ClosedRange<Duration>
  }

  /// What somebody says about a member, at an incarnation.
  package enum Rumour: Sendable {
    case alive(MemberReference, UInt32, elsewhere: Bool)
    case suspect(MemberReference, UInt32, from: MemberReference)
    case dead(MemberReference, UInt32, from: MemberReference)
  }

  package enum ExpectedState: Sendable, Hashable {
    case known(MemberState)
    case unknown
  }

  package enum Record: Sendable, Hashable {
    case off
    case events
    case packets
  }

  /// Who is not there at the start.
  package enum Late: Sendable, Hashable {
    case nobody
    case half
    case allBut(Int)
  }

  /// Where it comes from, so that it can be had again.
  package enum Origin: Sendable, Hashable {
    /// The command line knows it by its name.
    case builtIn
    case file(String)
    case inline(String)
  }

  package var name: String
  package var origin = Origin.builtIn
  package var profile: Swim.Configuration
  package var steps: [Step]
  package var end: Duration
  package var isWarm = false
  package var isChecked = true
  package var late = Late.nobody
  /// What a file of `Tests/Scenarios` with an expected record is run with.
  package var members: Int?
  package var seed: UInt64?

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
