internal import JSON
internal import Pattern
internal import Substitution

extension PlanReader {
  private static let tests = ["equals", "not_equals", "matches", "exists", "less_than", "greater_than"]

  mutating func condition(_ field: Field, depth: Int = 0) throws(FlowRefusal) -> Condition {
    guard depth <= FlowLimits.nesting else { throw refused(field, "is nested deeper than \(FlowLimits.nesting)") }
    let fields = try fields(
      of: field, known: ["from", "pointer", "all", "any", "not"] + Self.tests, nullable: ["equals", "not_equals"])
    for join in ["all", "any", "not"] {
      guard let joined = fields[join] else { continue }
      guard fields.count == 1 else { throw refused(joined, "must stand alone in its condition") }
      if join == "not" { return .not(try condition(joined, depth: depth + 1)) }
      var parts: [Condition] = []
      for element in try elements(of: joined) { parts.append(try condition(element, depth: depth + 1)) }
      guard !parts.isEmpty else { throw refused(joined, "must hold at least one condition") }
      return join == "all" ? .all(parts) : .any(parts)
    }
    let reference = try source(fields, of: field)
    var tests: [Condition.Test] = []
    for name in Self.tests { if let operand = fields[name] { tests.append(try test(name, operand)) } }
    guard !tests.isEmpty else {
      throw refused(field, "compares nothing; known: \((Self.tests + ["all", "any", "not"]).joined(separator: ", "))")
    }
    return .holds(reference, tests)
  }

  private mutating func test(_ name: String, _ operand: Field) throws(FlowRefusal) -> Condition.Test {
    switch name {
    case "equals": return .equals(try template(operand))
    case "not_equals": return .notEquals(try template(operand))
    case "matches": return .matches(try pattern(operand))
    case "less_than": return .lessThan(try number(operand))
    case "greater_than": return .greaterThan(try number(operand))
    default:
      guard let wanted = operand.value.bool else { throw refused(operand, "must be true or false") }
      return .exists(wanted)
    }
  }

  private mutating func number(_ field: Field) throws(FlowRefusal) -> Template {
    let template = try template(field)
    if let value = try known(template, in: field), Found.value(value).number == nil {
      throw refused(field, "must be a number")
    }
    return template
  }

  /// `from`, with `pointer` where it goes on.
  mutating func source(_ fields: [String: Field], of field: Field) throws(FlowRefusal) -> Reference {
    guard let from = fields["from"] else { throw refused(field, "needs from: the variable that is meant") }
    var reference = try unresolved(try string(from), in: from)
    if let pointer = fields["pointer"] {
      let text = try string(pointer)
      do throws(JSONError) { reference = reference.appending(try JSONPointer(text)) } catch {
        throw refused(pointer, "is no JSON pointer: \(error.cause)")
      }
    }
    return try resolved(reference, in: from)
  }

  private func unresolved(_ text: String, in field: Field) throws(FlowRefusal) -> Reference {
    do throws(Reference.Problem) { return try Reference(text) } catch {
      throw refused(field, Template.complaint(error, about: text))
    }
  }

  /// Equal patterns are compiled once; what all of them take has a bound, for a flow is small beside what `{m,n}` makes
  /// of it.
  mutating func pattern(_ field: Field) throws(FlowRefusal) -> Pattern {
    let text = try string(field)
    let key = Array(text.utf8)
    if let pattern = patterns[key] { return pattern }
    let limit = min(patternSizeLeft, PatternLimits.programSize)
    do throws(PatternError) {
      let pattern = try Pattern(text, sizeLimit: limit)
      patterns[key] = pattern
      patternSizeLeft -= pattern.size
      return pattern
    } catch {
      if error.code == .programTooLarge, limit < PatternLimits.programSize {
        throw refused(
          field,
          "makes the flow's patterns too large: with every repeat written out they may have \(FlowLimits.patternSize) "
            + "instructions together; use smaller counts, * or +, or the same pattern again")
      }
      throw refused(field, "is no regular expression that can be used: \(error)")
    }
  }
}
