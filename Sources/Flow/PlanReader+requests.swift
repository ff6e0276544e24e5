internal import JSON
internal import Substitution

extension PlanReader {
  /// A request's step, or what a poll repeats: a verb with the URL, `as`, and the fields of `http`.
  mutating func request(_ field: Field) throws(FlowRefusal) -> RequestStep {
    let verbs = RequestStep.Verb.allCases
    let known = verbs.map(\.rawValue) + ["as"] + rules.fields.filter { $0 != "url" && $0 != "method" }
    let named = try fields(of: field, known: known)
    let given = verbs.filter { named[$0.rawValue] != nil }
    guard given.count == 1, let verb = given.first, let url = named[verb.rawValue] else {
      throw refused(field, "needs one of \(verbs.map(\.rawValue).joined(separator: ", ")) with a URL")
    }
    var templates = [(name: "url", value: try template(url))]
    // In the order in which they stand, for the first of several faults to be named.
    for (name, member) in try members(of: field) where rules.fields.contains(name) && named[name] != nil {
      templates.append((name, try template(member)))
    }
    try check(templates, verb, at: field)
    let wanted = try named["want"].map { want throws(FlowRefusal) in try self.wanted(want) }
    let name = try named["as"].map { name throws(FlowRefusal) in try newName(try string(name), at: name) }
    if let name { try define(name, as: .response(wanted)) }
    return RequestStep(verb: verb, name: name, fields: templates, wanted: wanted, place: field.place)
  }

  private func wanted(_ field: Field) throws(FlowRefusal) -> Set<ResponseMember> {
    var wanted: Set<ResponseMember> = [.url, .httpVersion]
    for element in try elements(of: field) {
      let name = try string(element)
      guard let member = ResponseMember.allCases.first(where: { $0.want == name }) else {
        let known = ResponseMember.allCases.compactMap(\.want).joined(separator: ", ")
        throw refused(element, "must be one of \(known)")
      }
      wanted.insert(member)
    }
    return wanted
  }

  /// Holds the fields against the rules of `http`, as far as they are known before the flow runs.
  private mutating func check(
    _ templates: [(name: String, value: Template)], _ verb: RequestStep.Verb, at field: Field
  ) throws(FlowRefusal) {
    let arguments: JSONValue
    do throws(FlowFailure) {
      arguments = try .object { object throws(FlowFailure) in
        object.member("method", verb.rawValue.uppercased())
        for (name, template) in templates {
          guard let value = try sample(of: template, for: name) else { continue }
          object.member(name, value)
        }
      }
    } catch { throw refused(field, "cannot be filled in: \(error.message)") }
    guard let (pointer, message) = rules.problem(arguments) else { return }
    throw FlowRefusal(
      pointer: step, message: FlowRequest.translated(message, pointer, place: field.place, verb: verb.rawValue))
  }

  /// nil leaves the field out: its type is not known yet.
  private mutating func sample(of template: Template, for name: String) throws(FlowFailure) -> JSONValue? {
    if constants.know(template) { return try constants.value(of: template) }
    switch (name, template) {
    case ("url", .whole): return .string("http://1/")
    case ("url", .text(let pieces)):
      // Where the scheme or the host is not known, nothing of the URL can be checked.
      if case .reference(let reference)? = pieces.first, !constants.variables.knows(reference.name) {
        return .string("http://1/")
      }
    case ("body", .whole): return .string("1")
    case ("json", .whole): return .int(1)
    case ("form", .whole), ("headers", .whole): return .object { _ in }
    case (_, .whole): return nil
    default: break
    }
    return try constants.sample(of: template)
  }
}

extension FlowRequest {
  /// A fault in the fields of `http`, told as one in the flow's: `/form/token` stands at `/steps/3/form/token`, and
  /// `/url` is the verb's value.
  package static func translated(_ message: String, _ pointer: String, place: String, verb: String) -> String {
    let there = place + (pointer.hasPrefix("/url") ? "/\(verb)\(pointer.dropFirst(4))" : pointer)
    if !pointer.isEmpty, message.hasPrefix(pointer) { return there + message.dropFirst(pointer.count) }
    return "\(there): \(message)"
  }
}
