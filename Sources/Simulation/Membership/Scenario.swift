package import Swim

/// What happens to a virtual cluster, and what must be seen: a text of one line a step, in the language `language`.
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
