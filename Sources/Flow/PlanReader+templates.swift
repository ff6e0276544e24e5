internal import Clockwork
internal import JSON
internal import Substitution

extension PlanReader {
  mutating func template(_ field: Field, depth: Int = 0) throws(FlowRefusal) -> Template {
    guard depth <= FlowLimits.nesting else { throw refused(field, "is nested deeper than \(FlowLimits.nesting)") }
    switch field.value.kind {
    case .null, .bool, .number: return .constant(field.value)
    case .string: return try text(field)
    case .array:
      var elements: [Template] = []
      for element in try self.elements(of: field) { elements.append(try template(element, depth: depth + 1)) }
      return elements.allSatisfy(\.isConstant) ? constant(.array(elements)) : .array(elements)
    case .object:
      var members: [(name: String, value: Template)] = []
      for (name, member) in try self.members(of: field) {
        members.append((name, try template(member, depth: depth + 1)))
      }
      return members.allSatisfy(\.value.isConstant) ? constant(.object(members)) : .object(members)
    }
  }

  private mutating func text(_ field: Field) throws(FlowRefusal) -> Template {
    let pieces = try pieces(field)
    switch (pieces.count, pieces[0]) {
    case (1, .literal(let text)): return .constant(.string(text))
    case (1, .reference(let reference)): return .whole(reference)
    default: return .text(pieces)
    }
  }

  mutating func pieces(_ field: Field) throws(FlowRefusal) -> [Template.Piece] {
    let text = try string(field)
    var pieces = try Template.pieces(of: text) { refused(field, $0) }
    for place in pieces.indices {
      guard case .reference(let reference) = pieces[place] else { continue }
      pieces[place] = .reference(try resolved(reference, in: field))
    }
    return pieces
  }

  /// Rendered once and for all, with the escapes of its braces taken away.
  private func constant(_ template: Template) -> Template {
    var variables = Variables()
    guard let value = try? variables.render(template) else { return template }
    return .constant(value)
  }

  /// What the template becomes, where that is known; what can never be filled in is refused now.
  mutating func known(_ template: Template, in field: Field) throws(FlowRefusal) -> JSONValue? {
    do throws(FlowFailure) { return try constants.value(of: template) } catch {
      throw refused(field, "cannot be filled in: \(error.message)")
    }
  }

  mutating func waitTime(
    _ field: Field, name: String, from least: Duration = .zero
  ) throws(FlowRefusal) -> WaitTime {
    let template = try template(field)
    let time = WaitTime(template: template, range: least...FlowLimits.longestWait, field: name)
    switch (template, try known(template, in: field)) {
    case (_, let value?):
      guard time.duration(value) != nil else { throw refused(field, time.complaint) }
    case (.whole, nil): break
    default: throw refused(field, time.complaint)
    }
    return time
  }
}

extension WaitTime {
  /// nil when the value is no number of seconds, or not one that is allowed.
  func duration(_ value: JSONValue) -> Duration? {
    guard let seconds = Found.value(value).number, seconds >= 0, seconds <= range.upperBound.inSeconds else {
      return nil
    }
    let duration = Duration(secondsClamped: seconds)
    return range.contains(duration) ? duration : nil
  }

  var complaint: String {
    "must be a number of seconds from \(range.lowerBound.secondsText) to \(range.upperBound.secondsText)"
  }
}

extension Duration {
  /// As JSON writes it: `0.2`, `600`.
  var secondsText: String { JSONValue.double(inSeconds).text }
}
