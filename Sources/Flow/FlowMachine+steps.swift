internal import Clockwork
internal import JSON
internal import Pattern
internal import Substitution

extension FlowMachine {
  mutating func advance(past step: Int, _ now: Instant) throws(FlowFailure) -> Effect {
    place = step + 1
    return try advance(now)
  }

  /// Does steps until one needs the world.
  mutating func advance(_ now: Instant) throws(FlowFailure) -> Effect {
    state = .before
    while place < plan.steps.count {
      // Others on the loop have a turn before the next step that may be as long.
      if variables.workLeft < FlowLimits.work / 2 { return .sleep(until: now) }
      switch plan.steps[place].action {
      case .request(let request): return try send(request, nil)
      case .poll(let request, let until, let every, let within):
        let window = try within.map { time throws(FlowFailure) in try duration(time) }
        let poll = Poll(
          request: request, until: until, every: try duration(every),
          deadline: window.map { (now + $0, $0) }, roundBegan: now)
        return try round(of: poll, now)
      case .sleep(let time):
        let duration = try duration(time)
        state = .sleeping
        return .sleep(until: now + duration)
      case .extract(let extractions): for extraction in extractions { try extract(extraction) }
      case .set(let assignments):
        for (name, value) in assignments { try variables.set(name, to: try variables.render(value)) }
      case .assert(let condition, let message): try check(condition, message)
      }
      place += 1
    }
    let value: JSONValue = if let value = plan.value { try variables.render(value) } else { .null }
    state = .over
    return .done(value)
  }

  private mutating func duration(_ time: WaitTime) throws(FlowFailure) -> Duration {
    guard let duration = time.duration(try variables.render(time.template)) else {
      throw FlowFailure(.badArguments, "\(time.field) \(time.complaint)")
    }
    return duration
  }

  private mutating func extract(_ extraction: Extraction) throws(FlowFailure) {
    let (name, reference) = (extraction.name, extraction.reference)
    guard let found = try variables.find(reference) else {
      throw FlowFailure(.assertion, "there is nothing at \(reference.text) for '\(name)'")
    }
    guard let pattern = extraction.pattern else { return try variables.set(name, to: try variables.copy(of: found)) }
    let text = try variables.text(of: found)
    guard let match = try variables.search(pattern, in: text, groups: 1), let range = match.groups.last ?? nil else {
      throw FlowFailure(
        .assertion,
        "the regex for '\(name)' finds nothing in \(reference.text), which has \(text.count) bytes: \(pattern.text)")
    }
    try variables.spendOnCopy(of: range.count)
    try variables.set(name, to: .string(String(decoding: text[range], as: UTF8.self)))
  }

  // MARK: Assertions

  private mutating func check(_ condition: Condition, _ message: [Template.Piece]?) throws(FlowFailure) {
    guard try !condition.holds(&variables) else { return }
    var text = "does not hold: \(condition.text)"
    if case .holds(let reference, _) = condition { text += "; \(try seen(reference))" }
    if let message {
      // What the message would fill in may be just what is missing: then its text stands as it was written.
      text = "\((try? variables.text(message)) ?? Template.text(message).text) (\(text))"
    }
    throw FlowFailure(.assertion, Self.shortened(text))
  }

  /// What was found, without the text of strings: they may be secrets, and messages go into logs.
  private mutating func seen(_ reference: Reference) throws(FlowFailure) -> String {
    switch try variables.find(reference) {
    case nil: return "it is not there"
    case .text(let bytes): return "it is a text of \(bytes.count) bytes"
    case .value(let value):
      switch value.kind {
      case .null, .bool, .number: return "it is \(value.text)"
      case .string: return "it is a text of \(value.string?.utf8.count ?? 0) bytes"
      case .array, .object: return "it is an \(value.kind.rawValue)"
      }
    }
  }

  private static func shortened(_ text: String) -> String {
    guard text.utf8.count > FlowLimits.messageBytes else { return text }
    return String(decoding: text.utf8.prefix(FlowLimits.messageBytes), as: UTF8.self) + "…"
  }
}
