import Swim

extension Scenario {
  /// Reads a text in the language `language`. Empty lines and what follows `#` do not count.
  package init(name: String, text: String) throws(ScenarioError) {
    self.init(name: name, profile: .local.asRun, steps: [], end: .zero)
    origin = .inline(text)
    var line = 0
    for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
      line += 1
      let words = raw.prefix { $0 != "#" }.split(separator: " ").map(String.init)
      guard !words.isEmpty else { continue }
      guard try add(words, line) else {
        throw ScenarioError(
          line: line, reason: "`\(words.joined(separator: " "))` is no step; `ignareo help simulate` lists them")
      }
    }
    guard end > .zero else { throw ScenarioError(line: line, reason: "`until` with a time is missing") }
    steps = steps.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
  }

  private mutating func add(_ words: [String], _ line: Int) throws(ScenarioError) -> Bool {
    switch (words[0], words.count) {
    case ("until", 2):
      guard let time = Self.duration(words[1]) else { return false }
      end = time
    case ("at", 3...), ("by", 3...):
      guard let time = Self.duration(words[1]), let action = Self.action(Array(words.dropFirst(2))) else {
        return false
      }
      steps.append(Step(time: time, action: action, text: words.dropFirst(2).joined(separator: " ")))
    case (let word, _) where Self.beginnings.contains(word): return begin(words)
    default:
      guard let action = Self.condition(words) else { return false }
      steps.append(Step(time: .zero, action: action, text: words.joined(separator: " ")))
    }
    return true
  }

  private static let beginnings: Set = [
    "profile", "lifeguard", "warm", "unchecked", "late", "members", "seed",
  ]

  /// How the world is made, rather than what happens in it.
  private mutating func begin(_ words: [String]) -> Bool {
    switch (words[0], words.count) {
    case ("profile", 2):
      guard var profile = Self.profiles[words[1]] else { return false }
      profile.lifeguard = self.profile.lifeguard
      self.profile = profile
    case ("lifeguard", 2):
      return use(lifeguard: words[1])
    case ("warm", 1): isWarm = true
    case ("unchecked", 1): isChecked = false
    case ("late", 2):
      guard words[1] == "half" || Int(words[1]).map({ $0 > 0 }) == true else { return false }
      late = Int(words[1]).map { .allBut($0) } ?? .half
    case ("members", 2):
      guard let number = Int(words[1]), MembershipSimulation.sizes.contains(number) else { return false }
      members = number
    case ("seed", 2):
      guard let number = UInt64(words[1]) else { return false }
      seed = number
    default: return false
    }
    return true
  }

  /// False for what is none of `off`, `paper`, `stalls`, `on`.
  package mutating func use(lifeguard name: String) -> Bool {
    guard let lifeguard = Self.lifeguards[name] else { return false }
    profile.lifeguard = lifeguard
    return true
  }

  static let profiles: [String: Swim.Configuration] = [
    "lan": .lan.asRun, "wan": .wan.asRun, "local": .local.asRun,
  ]
  static let lifeguards: [String: Swim.Lifeguard] = [
    "off": .none, "paper": .paper, "stalls": .stalls, "on": .whole,
  ]
}
