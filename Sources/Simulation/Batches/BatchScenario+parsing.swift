extension BatchScenario {
  /// Reads the text described in `language`. Empty lines and what follows `#` do not count.
  package init(name: String, text: String) throws(ScenarioError) {
    self.init(name: name, steps: [], end: .zero)
    var line = 0
    for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
      line += 1
      let words = raw.prefix { $0 != "#" }.split(separator: " ").map(String.init)
      guard !words.isEmpty else { continue }
      guard add(words) else {
        throw ScenarioError(
          line: line, reason: "`\(words.joined(separator: " "))` is no step; `ignareo help simulate` lists all")
      }
    }
    guard end > .zero else { throw ScenarioError(line: line, reason: "`until` with a time is missing") }
    steps = steps.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
  }

  private mutating func add(_ words: [String]) -> Bool {
    switch (words[0], words.count) {
    case ("until", 2):
      guard let time = Scenario.duration(words[1]) else { return false }
      end = time
      return true
    case ("coordinators", 2):
      guard let count = Int(words[1]), Self.coordinatorCounts ~= count else { return false }
      coordinators = count
      return true
    case ("at", 3...):
      guard let time = Scenario.duration(words[1]) else { return false }
      return add(Array(words.dropFirst(2)), at: time)
    default:
      guard Self.condition(words) != nil else { return false }
      return add(words, at: .zero)
    }
  }

  private mutating func add(_ words: [String], at time: Duration) -> Bool {
    guard let action = Self.action(words) else { return false }
    steps.append(Step(time: time, action: action, text: words.joined(separator: " ")))
    return true
  }

  static func action(_ words: [String]) -> Action? {
    if let action = condition(words) { return action }
    switch (words[0], words.count) {
    case ("submit", 2):
      return Int(words[1]).flatMap { 1...BatchSimulation.tasksInBatch ~= $0 ? .submit(tasks: $0) : nil }
    case ("cancel", 2): return Int(words[1]).flatMap { $0 >= 0 ? .cancel(batch: $0) : nil }
    case ("kill", 1), ("power", 1), ("start", 1): return action(words + ["0"])
    case ("kill", 2): return coordinator(words[1]).map { .kill(coordinator: $0) }
    case ("power", 2): return coordinator(words[1]).map { .power(coordinator: $0) }
    case ("start", 2): return coordinator(words[1]).map { .start(coordinator: $0) }
    case ("full", 1): return .full(true)
    case ("room", 1): return .full(false)
    case (_, 2): return Scenario.reference(words[1]).flatMap { action(words[0], on: $0) }
    default: return nil
    }
  }

  private static func coordinator(_ word: String) -> Int? {
    Int(word).flatMap { 0..<coordinatorCounts.upperBound ~= $0 ? $0 : nil }
  }

  private static func action(_ word: String, on node: NodeReference) -> Action? {
    switch word {
    case "crash": .crash(node)
    case "restart": .restart(node)
    case "partition": .partition(node)
    case "heal": .heal(node)
    case "slow": .slow(node, true)
    case "fast": .slow(node, false)
    case "refuse": .refuse(node, true)
    case "accept": .refuse(node, false)
    case "suspect": .suspect(node)
    case "drain": .drain(node)
    default: nil
    }
  }

  private static func condition(_ words: [String]) -> Action? {
    switch (words[0], words.count) {
    case ("latency", 3): return Scenario.range(words).map { .latency($0) }
    case ("sync", 3): return Scenario.range(words).map { .sync($0) }
    case ("drift", 2): return Scenario.percentage(words[1]).flatMap { $0 <= 0.5 ? .drift($0) : nil }
    case (let word, 2):
      guard let chance = Chance(rawValue: word), let share = Scenario.percentage(words[1]) else { return nil }
      return .chance(chance, share)
    default: return nil
    }
  }
}
