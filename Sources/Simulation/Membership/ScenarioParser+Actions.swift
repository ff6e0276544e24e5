import Swim

extension Scenario {
  private static let states: [String: ExpectedState] = [
    "alive": .known(.alive), "suspect": .known(.suspect), "dead": .known(.dead), "left": .known(.left),
    "unknown": .unknown,
  ]
  private static let records: [String: Record] = ["events": .events, "packets": .packets, "off": .off]

  static func action(_ words: [String]) -> Action? {
    switch (words[0], words.count) {
    case ("crash", 2) where words[1] == "half": return .crashHalf
    case ("restart", 2) where words[1] == "rest": return .restartRest
    case ("restart", 3) where words[2] == "elsewhere":
      return reference(words[1]).map { .restart($0, elsewhere: true) }
    case ("measure", 1): return .measure
    case ("record", 2): return records[words[1]].map { .record($0) }
    case ("heal", 1): return .heal
    case ("partition", 2) where words[1] == "half": return .partition(.half)
    case (_, 4) where words[1] == "see" || words[1] == "sees": return expectation(words)
    case (_, 5...) where words[1] == "hears":
      guard let member = reference(words[0]), let rumour = rumour(Array(words.dropFirst(2))) else { return nil }
      return .hear(member, rumour)
    default: return condition(words) ?? deed(words)
    }
  }

  /// What is done to members named.
  private static func deed(_ words: [String]) -> Action? {
    if words[0] == "meta", words.count == 3 { return reference(words[1]).map { .meta($0, words[2]) } }
    let members = words.dropFirst().compactMap { reference($0) }
    guard members.count == words.count - 1, let first = members.first else { return nil }
    switch (words[0], members.count) {
    case ("crash", 1): return .crash(first)
    case ("restart", 1): return .restart(first, elsewhere: false)
    case ("leave", 1): return .leave(first)
    case ("pause", 1): return .pause(first)
    case ("resume", 1): return .resume(first)
    case ("show", 1): return .show(first)
    case ("cut", 2): return .cut(first, members[1])
    case ("mend", 2): return .mend(first, members[1])
    case ("mute", 2): return .mute(first, members[1], true)
    case ("unmute", 2): return .mute(first, members[1], false)
    case ("partition", _): return .partition(.members(members))
    default: return nil
    }
  }

  private static func expectation(_ words: [String]) -> Action? {
    guard let subject = reference(words[2]), let state = states[words[3]] else { return nil }
    if words[0] == "all" { return .expect(observer: nil, subject: subject, state) }
    return reference(words[0]).map { .expect(observer: $0, subject: subject, state) }
  }

  /// `alive 2 5`, `alive 2 5 elsewhere`, `suspect 2 5 from 3`, `dead 2 5 from 3`.
  private static func rumour(_ words: [String]) -> Rumour? {
    guard let subject = reference(words[1]), let incarnation = UInt32(words[2]) else { return nil }
    switch (words[0], words.count) {
    case ("alive", 3): return .alive(subject, incarnation, elsewhere: false)
    case ("alive", 4) where words[3] == "elsewhere": return .alive(subject, incarnation, elsewhere: true)
    case ("suspect", 5) where words[3] == "from":
      return reference(words[4]).map { .suspect(subject, incarnation, from: $0) }
    case ("dead", 5) where words[3] == "from": return reference(words[4]).map { .dead(subject, incarnation, from: $0) }
    default: return nil
    }
  }

  static func condition(_ words: [String]) -> Action? {
    switch (words[0], words.count) {
    case ("loss", 2): return percentage(words[1]).map { .loss($0) }
    case ("duplicates", 2): return percentage(words[1]).map { .duplicates($0) }
    case ("reorder", 2): return percentage(words[1]).map { .reorder($0) }
    case ("drift", 2): return percentage(words[1]).flatMap { $0 <= 0.5 ? .drift($0) : nil }
    case ("latency", 3): return range(words).map { .latency($0) }
    case ("pausing", 4):
      guard let share = percentage(words[1]), let lasts = range(Array(words.dropFirst())) else { return nil }
      return .pausing(Pausing(share: share, lasts: lasts))
    default: return nil
    }
  }

  static func range(_ words: [String]) -> ClosedRange<Duration>? {
    guard let least = duration(words[1]), let most = duration(words[2]), least <= most else { return nil }
    return least...most
  }

  static func reference(_ word: String) -> MemberReference? {
    if let number = Int(word), number >= 0 { return .number(number) }
    guard word.count == 1, let letter = word.first, letter.isASCII, letter.isLetter else { return nil }
    return .letter(letter)
  }

  static func percentage(_ word: String) -> Double? {
    guard word.last == "%", let number = Double(word.dropLast()), 0...100 ~= number else { return nil }
    return number / 100
  }

  static func duration(_ word: String) -> Duration? {
    let number = word.hasSuffix("ms") ? Double(word.dropLast(2)) : word.last == "s" ? Double(word.dropLast()) : nil
    guard let number, 0...1e6 ~= number else { return nil }
    return .milliseconds(word.hasSuffix("ms") ? number : number * 1000)
  }
}
