package import JSON

/// Holds values against JSON Schema (2020-12), as far as the roles' own descriptions go: a keyword that is not known
/// here is a fault too.
package struct SchemaChecker: Sendable {
  /// By their names in the document's components.
  let schemas: [String: JSONValue]
  /// Whether a member that no schema names is a fault: of what a role writes, everything is to be described.
  let isStrict: Bool

  package init(schemas: [String: JSONValue], isStrict: Bool) { (self.schemas, self.isStrict) = (schemas, isStrict) }

  /// What one schema says of one value.
  private struct Verdict {
    var faults: [String] = []
    /// The members of the object that it has named.
    var named: Set<String> = []
    /// Whether it names members at all: where it does not, any may stand.
    var namesMembers = false

    static func += (sum: inout Verdict, part: Verdict) {
      sum.faults += part.faults
      sum.named.formUnion(part.named)
      sum.namesMembers = sum.namesMembers || part.namesMembers
    }
  }

  package func faults(of value: JSONValue, by schema: JSONValue, at pointer: String = "") -> [String] {
    var verdict = judge(value, schema, pointer)
    if isStrict, verdict.namesMembers {
      for name in (value.members ?? []).map(\.key.string) where !verdict.named.contains(name) {
        verdict.faults.append("\(pointer)/\(name) is not described")
      }
    }
    return verdict.faults
  }

  private func judge(_ value: JSONValue, _ schema: JSONValue, _ pointer: String) -> Verdict {
    var verdict = Verdict()
    if let allows = schema.bool {
      if !allows { verdict.faults.append("\(pointer) may not be there") }
      return verdict
    }
    schema.forEachMember { keyword, rule in
      switch keyword.string {
      case "description", "default", "example", "examples", "$defs", "then", "contentEncoding": break
      case "$ref": verdict += judge(value, resolved(rule.string ?? ""), pointer)
      case "allOf": for part in rule.elements ?? [] { verdict += judge(value, part, pointer) }
      case "anyOf", "oneOf": verdict += choose(value, among: rule.elements ?? [], keyword.string, pointer)
      case "not":
        if judge(value, rule, pointer).faults.isEmpty { verdict.faults.append("\(pointer) is what it must not be") }
      case "if":
        guard judge(value, rule, pointer).faults.isEmpty, let then = schema["then"] else { break }
        verdict += judge(value, then, pointer)
      case "propertyNames":
        for name in (value.members ?? []).map(\.key.string) {
          verdict.faults += faults(of: .string(name), by: rule, at: "\(pointer)/\(name)")
        }
      case "properties", "required", "additionalProperties", "minProperties":
        verdict += judgeObject(value, keyword.string, rule, schema, pointer)
      case "items", "minItems", "maxItems": verdict += judgeArray(value, keyword.string, rule, pointer)
      default:
        if let fault = Self.fault(value, keyword.string, rule) { verdict.faults.append("\(pointer): \(fault)") }
      }
    }
    return verdict
  }

  private func resolved(_ pointer: String) -> JSONValue {
    let tokens = (try? JSONPointer(pointer.dropFirst()))?.tokens ?? []
    guard pointer.hasPrefix("#/components/schemas/"), tokens.count > 2, let schema = schemas[tokens[2]],
      let found = schema.at(JSONPointer(tokens: Array(tokens.dropFirst(3))))
    else { return .object { $0.member("nowhere", pointer) } }
    return found
  }

  private func choose(
    _ value: JSONValue, among choices: [JSONValue], _ keyword: String, _ pointer: String
  ) -> Verdict {
    let verdicts = choices.map { judge(value, $0, pointer) }
    let fitting = verdicts.filter(\.faults.isEmpty)
    if let first = fitting.first, keyword == "anyOf" || fitting.count == 1 { return first }
    var verdict = Verdict()
    let reasons = verdicts.map { $0.faults.first ?? "fits" }
    verdict.faults = ["\(pointer): \(fitting.count) of \(choices.count) choices fit: \(reasons)"]
    return verdict
  }

  private func judgeObject(
    _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ schema: JSONValue, _ pointer: String
  ) -> Verdict {
    var verdict = Verdict()
    guard let members = value.members else { return verdict }
    switch keyword {
    case "properties":
      verdict.namesMembers = true
      for (key, part) in members {
        guard let partSchema = rule[key.string] else { continue }
        verdict.named.insert(key.string)
        verdict.faults += faults(of: part, by: partSchema, at: "\(pointer)/\(key.string)")
      }
    case "required":
      for name in rule.elements?.compactMap(\.string) ?? [] where value[name] == nil {
        verdict.faults.append("\(pointer)/\(name) is missing")
      }
    case "additionalProperties":
      for (key, part) in members where schema["properties"]?[key.string] == nil {
        verdict.named.insert(key.string)
        verdict.faults += faults(of: part, by: rule, at: "\(pointer)/\(key.string)")
      }
    default:
      if members.count < rule.int ?? 0 { verdict.faults.append("\(pointer) has too few members") }
    }
    return verdict
  }

  private func judgeArray(_ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ pointer: String) -> Verdict {
    var verdict = Verdict()
    guard let elements = value.elements else { return verdict }
    switch keyword {
    case "items":
      // Of a list of thousands, what lies between is like its ends.
      for (place, element) in elements.enumerated() where place < 20 || place >= elements.count - 20 {
        verdict.faults += faults(of: element, by: rule, at: "\(pointer)/\(place)")
      }
    case "minItems": if elements.count < rule.int ?? 0 { verdict.faults.append("\(pointer) has too few elements") }
    default: if elements.count > rule.int ?? 0 { verdict.faults.append("\(pointer) has too many elements") }
    }
    return verdict
  }

  /// Of what has no parts.
  private static func fault(_ value: JSONValue, _ keyword: String, _ rule: JSONValue) -> String? {
    switch keyword {
    case "type":
      let types = rule.string.map { [$0] } ?? rule.elements?.compactMap(\.string) ?? []
      return types.contains { isOf($0, value) } ? nil : "\(value.text.prefix(80)) is no \(types)"
    case "const": return value == rule ? nil : "\(value.text.prefix(80)) is not \(rule.text)"
    case "enum":
      return rule.elements?.contains(value) == true ? nil : "\(value.text.prefix(80)) is none of \(rule.text)"
    case "minimum", "maximum", "exclusiveMinimum":
      guard let number = value.double, let bound = rule.double else { return nil }
      let isWithin = keyword == "minimum" ? number >= bound : keyword == "maximum" ? number <= bound : number > bound
      return isWithin ? nil : "\(number) is beyond the \(keyword) \(bound)"
    case "minLength", "maxLength":
      guard let text = value.string, let bound = rule.int else { return nil }
      let count = text.unicodeScalars.count
      return (keyword == "minLength" ? count >= bound : count <= bound) ? nil : "\(count) is beyond the \(keyword)"
    case "pattern":
      guard let text = value.string else { return nil }
      guard let pattern = try? Regex(rule.string ?? "(") else { return "\(rule.text) is no pattern" }
      return text.contains(pattern) ? nil : "\"\(text)\" does not match \(rule.text)"
    case "format":
      guard let text = value.string else { return nil }
      return isFormatted(text, as: rule.string ?? "") ? nil : "\"\(text)\" is no \(rule.text)"
    default: return "the keyword \(keyword) is not known"
    }
  }

  private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
    switch type {
    case "integer": value.kind == .number && value.double?.rounded() == value.double
    case "boolean": value.kind == .bool
    default: value.kind.rawValue == type
    }
  }

  private static func isFormatted(_ text: String, as format: String) -> Bool {
    switch format {
    case "uuid": text.wholeMatch(of: /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil
    case "date-time": text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil
    case "uri": !text.isEmpty
    case "regex": true
    default: false
    }
  }
}
