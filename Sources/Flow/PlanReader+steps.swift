internal import Clockwork
internal import JSON
internal import Pattern
internal import Substitution

extension PlanReader {
  private static let verbs =
    RequestStep.Verb.allCases.map(\.rawValue) + ["extract", "poll", "sleep_s", "assert", "set"]

  /// In order, each may refer to those before it.
  mutating func readVariables(_ field: Field) throws(FlowRefusal) {
    step = field.place
    _ = try assignments(field)
  }

  mutating func readSteps(_ field: Field) throws(FlowRefusal) -> [Step] {
    step = field.place
    let elements = try elements(of: field)
    guard (1...FlowLimits.steps).contains(elements.count) else {
      throw refused(field, "must hold 1 to \(FlowLimits.steps) steps")
    }
    var steps: [Step] = []
    for element in elements {
      step = element.place
      steps.append(try readStep(element))
    }
    return steps
  }

  private mutating func readStep(_ field: Field) throws(FlowRefusal) -> Step {
    let verbs = try members(of: field).map(\.name).filter { Self.verbs.contains($0) }
    guard let verb = verbs.first else {
      throw refused(field, "has no known verb; the verbs are \(Self.verbs.joined(separator: ", "))")
    }
    guard verbs.count == 1 else {
      throw refused(field, "has the verbs \(verbs.joined(separator: " and ")): one a step")
    }
    let action: Step.Action =
      switch verb {
      case "extract": .extract(try extractions(try only("extract", of: field)))
      case "set": .set(try assignments(try only("set", of: field)))
      case "sleep_s": .sleep(try waitTime(try only("sleep_s", of: field), name: "sleep_s"))
      case "assert": try assertion(field)
      case "poll": try poll(field)
      default: .request(try request(field))
      }
    return Step(pointer: field.place, verb: verb, action: action)
  }

  private func only(_ name: String, of field: Field) throws(FlowRefusal) -> Field {
    guard let found = try fields(of: field, known: [name])[name] else {
      throw refused(field, "needs a value for \(name)")
    }
    return found
  }

  private mutating func assertion(_ field: Field) throws(FlowRefusal) -> Step.Action {
    let fields = try fields(of: field, known: ["assert", "message"])
    guard let checked = fields["assert"] else { throw refused(field, "needs a condition for assert") }
    let condition = try condition(checked)
    let message: [Template.Piece]? = if let text = fields["message"] { try pieces(text) } else { nil }
    return .assert(condition, message: message)
  }

  private mutating func poll(_ field: Field) throws(FlowRefusal) -> Step.Action {
    let fields = try fields(of: field, known: ["poll", "until", "every_s", "for_s"])
    guard let asked = fields["poll"] else { throw refused(field, "needs a request for poll") }
    guard let until = fields["until"] else { throw refused(field, "needs a condition for until") }
    let request = try request(asked)
    let condition = try condition(until)
    let every: WaitTime =
      if let field = fields["every_s"] {
        try waitTime(field, name: "every_s", from: FlowLimits.shortestPause)
      } else {
        WaitTime(
          template: .constant(.double(FlowLimits.pause.inSeconds)),
          range: FlowLimits.shortestPause...FlowLimits.longestWait, field: "every_s")
      }
    let within: WaitTime? = if let field = fields["for_s"] { try waitTime(field, name: "for_s") } else { nil }
    return .poll(request, until: condition, every: every, within: within)
  }

  // MARK: Variables

  private mutating func assignments(_ field: Field) throws(FlowRefusal) -> [(name: String, value: Template)] {
    var assignments: [(name: String, value: Template)] = []
    for (name, member) in try members(of: field) {
      let name = try newName(name, at: member)
      let value = try template(member)
      assignments.append((name, value))
      try define(name, as: .value, value: try known(value, in: member))
    }
    return assignments
  }

  private mutating func extractions(_ field: Field) throws(FlowRefusal) -> [Extraction] {
    var extractions: [Extraction] = []
    for (name, member) in try members(of: field) {
      let name = try newName(name, at: member)
      let fields = try fields(of: member, known: ["from", "regex", "pointer"])
      guard fields["regex"] != nil || fields["pointer"] != nil else {
        throw refused(member, "needs a regex or a pointer that says what to take")
      }
      let reference = try source(fields, of: member)
      let pattern: Pattern? = if let regex = fields["regex"] { try self.pattern(regex) } else { nil }
      extractions.append(Extraction(name: name, reference: reference, pattern: pattern))
      try define(name, as: .value)
    }
    return extractions
  }
}
