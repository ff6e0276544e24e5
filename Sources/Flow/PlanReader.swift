internal import JSON
internal import Pattern
internal import Substitution

/// Reads a flow in the order in which it will run, and knows at every place which names are defined there.
struct PlanReader {
  /// A value in the arguments and its pointer from their root.
  struct Field {
    let value: JSONValue
    let place: String
  }

  /// What a name stands for.
  enum Meaning {
    case value
    /// With the parts that its step's `want` named; nil: all.
    case response(Set<ResponseMember>?)
  }

  let rules: RequestRules
  /// The step, or `/vars` or `/return`, that is being read: what a refusal points at.
  var step = ""
  var names: [String: Meaning] = [:]
  /// The variables whose values are known already.
  var constants = Constants()
  /// By their text's UTF-8: Strings that are equal as Unicode sees it may be two patterns.
  var patterns: [[UInt8]: Pattern] = [:]
  var patternSizeLeft = FlowLimits.patternSize
  private(set) var needs: [String: Set<ResponseMember>] = [:]

  init(rules: RequestRules) { self.rules = rules }

  // MARK: Fields

  /// The members of an object by name; null counts as absent where a field has no meaning for it.
  func fields(
    of field: Field, known: [String], nullable: Set<String> = ["json", "return"]
  ) throws(FlowRefusal) -> [String: Field] {
    var fields: [String: Field] = [:]
    for (name, member) in try members(of: field) {
      guard known.contains(name) else {
        throw refused(member, "is not known here; known: \(known.joined(separator: ", "))")
      }
      if !member.value.isNull || nullable.contains(name) { fields[name] = member }
    }
    return fields
  }

  /// In order. A name that comes twice is refused: which one was meant?
  func members(of field: Field) throws(FlowRefusal) -> [(name: String, field: Field)] {
    guard let members = field.value.members else { throw refused(field, "must be an object") }
    var found: [(name: String, field: Field)] = []
    var names: Set<String> = []
    for (key, value) in members {
      let name = key.string
      let member = Field(value: value, place: "\(field.place)\(JSONPointer(tokens: [name]))")
      guard names.insert(name).inserted else { throw refused(member, "stands here twice") }
      found.append((name, member))
    }
    return found
  }

  func elements(of field: Field) throws(FlowRefusal) -> [Field] {
    guard let elements = field.value.elements else { throw refused(field, "must be a list") }
    return elements.enumerated().map { Field(value: $1, place: "\(field.place)/\($0)") }
  }

  func string(_ field: Field) throws(FlowRefusal) -> String {
    guard let text = field.value.string else { throw refused(field, "must be a string") }
    return text
  }

  func refused(_ field: Field, _ why: String) -> FlowRefusal {
    FlowRefusal(pointer: step, message: "\(field.place.isEmpty ? "a flow's arguments" : field.place) \(why)")
  }

  // MARK: Names

  /// A name that a step gives to what it brings.
  func newName(_ name: String, at field: Field) throws(FlowRefusal) -> String {
    guard Reference.isName(name.utf8) else {
      throw refused(field, "gives the name '\(name)'; a name is a letter or _, then letters, digits, _ and -")
    }
    return name
  }

  mutating func define(_ name: String, as meaning: Meaning, value: JSONValue? = nil) throws(FlowRefusal) {
    names[name] = meaning
    do throws(FlowFailure) { try constants.define(name, value) } catch {
      throw FlowRefusal(pointer: step, message: "\(step) \(error.message)")
    }
  }

  /// The reference, if it leads to something that is defined here.
  mutating func resolved(_ reference: Reference, in field: Field) throws(FlowRefusal) -> Reference {
    guard let meaning = names[reference.name] else {
      let known = names.keys.sorted().joined(separator: ", ")
      throw refused(
        field,
        "names '\(reference.name)', which is not defined here; \(known.isEmpty ? "nothing is" : "there: \(known)")")
    }
    guard case .response(let wanted) = meaning else { return reference }
    let reference = reference.ofAnswer
    guard let first = reference.tokens.first else {
      needs[reference.name, default: []].formUnion(wanted ?? Set(ResponseMember.allCases))
      return reference
    }
    guard let member = ResponseMember(rawValue: first) else {
      let members = ResponseMember.allCases.map(\.rawValue).joined(separator: ", ")
      throw refused(field, "asks for '\(reference.text)'; an answer has \(members)")
    }
    if let wanted, !wanted.contains(member) {
      throw refused(field, "asks for '\(reference.text)', which the step's want leaves out")
    }
    needs[reference.name, default: []].insert(member)
    return reference
  }
}

/// The variables whose values are known before the flow runs, to check with them what can be checked.
struct Constants {
  private(set) var variables = Variables()

  /// nil: it will be known when the flow runs.
  mutating func define(_ name: String, _ value: JSONValue?) throws(FlowFailure) {
    guard let value else { return variables.forget(name) }
    try variables.set(name, to: value)
  }

  func know(_ template: Template) -> Bool {
    var all = true
    template.forEachReference { all = all && variables.knows($0.name) }
    return all
  }

  /// - Returns: nil when it is not known yet.
  mutating func value(of template: Template) throws(FlowFailure) -> JSONValue? {
    know(template) ? try variables.render(template) : nil
  }

  /// The value with `1` for everything that is not known yet.
  mutating func sample(of template: Template) throws(FlowFailure) -> JSONValue {
    variables.sample = "1"
    defer { variables.sample = nil }
    return try variables.render(template)
  }
}
