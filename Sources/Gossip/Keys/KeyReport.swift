import JSON
import Swim

/// The gossip keys of every member, or how a change went with each.
struct KeyReport {
  struct Row {
    enum Outcome: Equatable {
      /// It answered, and did what it was asked to.
      case done(keys: [KeyFingerprint], challenge: [UInt8])
      case failed(String)
      /// There was nobody to ask; why, for people.
      case notAsked(String)
    }

    let name: String
    let state: MemberState
    let isSelf: Bool
    var outcome: Outcome

    /// - Parameter answer: nil where it was not asked.
    init(_ member: ClusterMember, _ answer: KeyAnswer?) {
      (name, state, isSelf) = (member.name, member.state, member.isSelf)
      switch answer {
      case .holds(let keys, let challenge): outcome = .done(keys: keys, challenge: challenge)
      case .refused where member.state == .dead: outcome = .notAsked(Self.absent(member))
      case .refused(let reason): outcome = .failed(reason)
      case .overtaken: outcome = .failed(KeyRefusal.overtaken.text)
      case nil where member.isListening && member.meta.role == nil:
        outcome = .notAsked("no Ignareo member: change its keys with its own program")
      case nil where member.isListening: outcome = .failed("was not asked: it has come since the change began")
      case nil: outcome = .notAsked(Self.absent(member))
      }
    }

    private static func absent(_ member: ClusterMember) -> String {
      "\(member.state): its key file needs the cluster's keys before it starts again"
    }

    var keys: [KeyFingerprint]? { if case .done(let keys, _) = outcome { keys } else { nil } }

    /// It lives, and its keys are not known.
    var mayBeLost: Bool { keys == nil && (state == .alive || state == .suspect) }
    /// It died, or is cut off and lives: it will come back with the keys that it had.
    var misses: Bool { state == .dead && keys == nil }
  }

  private(set) var members: [Row]

  func answer(of name: String) -> KeyAnswer? {
    guard case .done(let keys, let challenge) = members.first(where: { $0.name == name })?.outcome else { return nil }
    return .holds(keys: keys, challenge: challenge)
  }

  /// With the reasons of an earlier report for those that were asked only then.
  func filling(from earlier: KeyReport) -> KeyReport {
    var filled = self
    let reasons = Dictionary(earlier.members.map { ($0.name, $0.outcome) }) { first, _ in first }
    for place in filled.members.indices where filled.members[place].keys == nil {
      if case .failed(let reason)? = reasons[filled.members[place].name] {
        filled.members[place].outcome = .failed(reason)
      }
    }
    return filled
  }

  /// Nobody failed.
  var isWhole: Bool { !members.contains { if case .failed = $0.outcome { true } else { false } } }

  var json: [UInt8] {
    var writer = JSONWriter()
    writer.object { object in
      object.member("ok", isWhole)
      object.array("keys") { array in
        for (fingerprint, counts) in counts {
          array.object {
            $0.member("fingerprint", fingerprint.text)
            $0.member("members", counts.holding)
            $0.member("primary_on", counts.using)
          }
        }
      }
      object.array("members") { array in
        for member in members { array.object { member.write(into: &$0) } }
      }
      if case .done(_, let challenge)? = members.first(where: \.isSelf)?.outcome {
        object.member("challenge", Base64.encode(challenge))
      }
    }
    return writer.bytes
  }

  /// How many members hold each key, and how many encrypt with it: those in use first.
  private var counts: [(KeyFingerprint, (holding: Int, using: Int))] {
    var counts: [KeyFingerprint: (holding: Int, using: Int)] = [:]
    for keys in members.compactMap(\.keys) {
      for key in keys { counts[key, default: (0, 0)].holding += 1 }
      counts[keys[0], default: (0, 0)].using += 1
    }
    return counts.sorted { left, right in
      (right.value.using, right.value.holding, left.key.text) < (left.value.using, left.value.holding, right.key.text)
    }
    .map { ($0.key, $0.value) }
  }
}

extension KeyReport.Row {
  fileprivate func write(into object: inout JSONWriter) {
    object.member("name", name)
    object.member("state", "\(state)")
    switch outcome {
    case .done(let keys, _):
      object.member("outcome", "done")
      object.member("primary", keys[0].text)
      object.member("keys", keys.map(\.text))
    case .failed(let reason):
      object.member("outcome", "failed")
      object.member("detail", reason)
    case .notAsked(let reason):
      object.member("outcome", "not_asked")
      object.member("detail", reason)
    }
  }
}
