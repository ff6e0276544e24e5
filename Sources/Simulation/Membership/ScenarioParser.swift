import Swim

extension Scenario {
  /// Reads the text described at `Scenario`. Empty lines and what follows `#` do not count.
  package init(name: String, text: String) throws(ScenarioError) {
    self.init(name: name, profile: .local, steps: [], end: .zero)
    var line = 0
    for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
      line += 1
      let words = raw.prefix { $0 != "#" }.split(separator: " ").map(String.init)
      guard !words.isEmpty else { continue }
      guard try add(words, line) else {
        throw ScenarioError(line: line, reason: "`\(words.joined(separator: " "))` is no step; see Scenario for all")
      }
    }
    guard end > .zero else { throw ScenarioError(line: line, reason: "`until` with a time is missing") }
    steps.sort { $0.time < $1.time }
  }

  private mutating func add(_ words: [String], _ line: Int) throws(ScenarioError) -> Bool {
    switch (words[0], words.count) {
    case ("profile", 2):
      guard let profile = Self.profiles[words[1]] else { return false }
      self.profile = profile
    case ("until", 2):
      guard let time = Self.duration(words[1]) else { return false }
      end = time
    case ("at", 3...), ("by", 3...):
      guard let time = Self.duration(words[1]), let action = Self.action(Array(words.dropFirst(2))) else {
        return false
      }
      steps.append(Step(time: time, action: action, text: words.dropFirst(2).joined(separator: " ")))
    default:
      guard let action = Self.condition(words) else { return false }
      steps.append(Step(time: .zero, action: action, text: words.joined(separator: " ")))
    }
    return true
  }

  private static let profiles: [String: Swim.Configuration] = ["lan": .lan, "wan": .wan, "local": .local]
  private static let states: [String: ExpectedState] = [
    "alive": .known(.alive), "suspect": .known(.suspect), "dead": .known(.dead), "left": .known(.left),
    "unknown": .unknown,
  ]

  private static func action(_ words: [String]) -> Action? {
    let members = words.dropFirst().map { reference($0) }
    switch (words[0], words.count) {
    case ("crash", 2): return members[0].map { .crash($0) }
    case ("restart", 2): return members[0].map { .restart($0) }
    case ("leave", 2): return members[0].map { .leave($0) }
    case ("pause", 2): return members[0].map { .pause($0) }
    case ("resume", 2): return members[0].map { .resume($0) }
    case ("meta", 3): return members[0].map { .meta($0, words[2]) }
    case ("cut", 3), ("mend", 3):
      guard let from = members[0], let to = members[1] else { return nil }
      return words[0] == "cut" ? .cut(from, to) : .mend(from, to)
    case ("heal", 1): return .heal
    case ("partition", 2) where words[1] == "half": return .partition(.half)
    case ("partition", 2...): return members.contains(nil) ? nil : .partition(.members(members.compactMap { $0 }))
    case (_, 4) where words[1] == "see" || words[1] == "sees": return expectation(words)
    default: return condition(words)
    }
  }

  private static func expectation(_ words: [String]) -> Action? {
    guard let subject = reference(words[2]), let state = states[words[3]] else { return nil }
    if words[0] == "all" { return .expect(observer: nil, subject: subject, state) }
    return reference(words[0]).map { .expect(observer: $0, subject: subject, state) }
  }

  private static func condition(_ words: [String]) -> Action? {
    switch (words[0], words.count) {
    case ("loss", 2): return percentage(words[1]).map { .loss($0) }
    case ("duplicates", 2): return percentage(words[1]).map { .duplicates($0) }
    case ("latency", 3):
      guard let least = duration(words[1]), let most = duration(words[2]), least <= most else { return nil }
      return .latency(least...most)
    default: return nil
    }
  }

  private static func reference(_ word: String) -> MemberReference? {
    if let number = Int(word), number >= 0 { return .number(number) }
    guard word.count == 1, let letter = word.first, letter.isASCII, letter.isLetter else { return nil }
    return .letter(letter)
  }

  private static func percentage(_ word: String) -> Double? {
    guard word.last == "%", let number = Double(word.dropLast()), 0...100 ~= number else { return nil }
    return number / 100
  }

  private static func duration(_ word: String) -> Duration? {
    if word.hasSuffix("ms") { return Double(word.dropLast(2)).map { .milliseconds($0) } }
    guard word.last == "s" else { return nil }
    return Double(word.dropLast()).map { .milliseconds($0 * 1000) }
  }
}
