internal import JSON
internal import Pattern
internal import Substitution

/// What a reference leads to.
enum Found: Sendable {
  case value(JSONValue)
  /// An answer's body: text that was never written as JSON.
  case text([UInt8])

  /// As JSON; a body that is no UTF-8 has U+FFFD where it is none.
  var json: JSONValue {
    switch self {
    case .value(let value): value
    case .text(let bytes): .string(String(decoding: bytes, as: UTF8.self))
    }
  }

  /// What a pattern searches: a string's text, anything else as its JSON.
  var searchable: [UInt8] {
    switch self {
    case .value(let value): value.string.map { Array($0.utf8) } ?? Array(value.bytes)
    case .text(let bytes): bytes
    }
  }

  /// About as many bytes as it has.
  var size: Int {
    switch self {
    case .value(let value): value.bytes.count
    case .text(let bytes): bytes.count
    }
  }

  /// A number, or a text that is one and nothing else.
  var number: Double? {
    guard case .value(let value) = self else { return nil }
    if let text = value.string { return (try? JSONValue.parse(text))?.double }
    return value.double
  }
}

/// A flow's variables, and what may still be computed with them in one go.
struct Variables: Sendable {
  private enum Variable: Sendable {
    case value(JSONValue)
    /// The body stays as it came, and what it is as JSON is a slice of it; each is nil when nobody asks for it.
    case response(JSONValue, body: [UInt8]?, json: JSONValue?)

    var size: Int {
      switch self {
      case .value(let value): value.bytes.count
      case .response(let members, let body, let json):
        members.bytes.count + max(body?.count ?? 0, json?.bytes.count ?? 0)
      }
    }
  }

  private var variables: [String: Variable] = [:]
  private var size = 0
  /// Everything that walks over bytes takes from it.
  var workLeft: Int
  /// Before a flow runs: what is not known yet counts as found, and is this text.
  var sample: String?

  init(workLeft: Int = FlowLimits.work) { self.workLeft = workLeft }

  func knows(_ name: String) -> Bool { variables[name] != nil }

  mutating func forget(_ name: String) { put(nil, as: name) }

  mutating func set(_ name: String, to value: JSONValue) throws(FlowFailure) {
    put(.value(value), as: name)
    try checkSize(name)
  }

  mutating func set(_ name: String, members: JSONValue, body: [UInt8]?, json: JSONValue?) throws(FlowFailure) {
    put(.response(members, body: body, json: json), as: name)
    try checkSize(name)
  }

  private mutating func put(_ variable: Variable?, as name: String) {
    size += (variable?.size ?? 0) - (variables[name]?.size ?? 0)
    variables[name] = variable
  }

  private func checkSize(_ name: String) throws(FlowFailure) {
    guard size <= FlowLimits.variableBytes else {
      throw FlowFailure(
        .tooLarge, "with '\(name)' the variables hold \(size) bytes; a flow's may hold \(FlowLimits.variableBytes)")
    }
  }

  /// To read a text's escapes or to write them, and to copy it.
  mutating func spendOnCopy(of bytes: Int) throws(FlowFailure) { try spend(bytes / 4) }

  mutating func spend(_ work: Int) throws(FlowFailure) {
    workLeft -= work
    guard workLeft >= 0 else {
      throw FlowFailure(.tooLarge, "the step computes more than a flow may in one go: search or copy less in it")
    }
  }
}

extension Variables {
  /// nil when the variable has no such part.
  mutating func find(_ reference: Reference) throws(FlowFailure) -> Found? {
    switch variables[reference.name] {
    case nil: return sample.map { .value(.string($0)) }
    case .value(let value): return try part(of: value, at: reference.tokens[...])
    case .response(let members, let body, let json):
      let rest = reference.tokens.dropFirst()
      switch reference.tokens.first {
      case nil:
        try spendOnCopy(of: members.bytes.count + (body?.count ?? 0) + (json?.bytes.count ?? 0))
        return .value(Self.whole(members, body, json))
      case ResponseMember.body.rawValue: return rest.isEmpty ? body.map { .text($0) } : nil
      case ResponseMember.json.rawValue:
        guard let json else { return nil }
        return try part(of: json, at: rest)
      default: return try part(of: members, at: reference.tokens[...])
      }
    }
  }

  private mutating func part(of value: JSONValue, at tokens: ArraySlice<String>) throws(FlowFailure) -> Found? {
    guard !tokens.isEmpty else { return .value(value) }
    // A look-up walks over a fraction of what it looks into; it does so quickly.
    try spend(1 + tokens.count * value.bytes.count / 16)
    return value.at(JSONPointer(tokens: Array(tokens))).map { .value($0) }
  }

  private static func whole(_ members: JSONValue, _ body: [UInt8]?, _ json: JSONValue?) -> JSONValue {
    .object { object in
      members.forEachMember { object.member($0.string, $1) }
      object.member("body", ifPresent: body.map { String(decoding: $0, as: UTF8.self) })
      object.member("json", ifPresent: json)
    }
  }

  /// What a pattern searches.
  mutating func text(of found: Found) throws(FlowFailure) -> [UInt8] {
    if case .value = found { try spendOnCopy(of: found.size) }
    return found.searchable
  }

  mutating func json(of found: Found) throws(FlowFailure) -> JSONValue {
    if case .text(let bytes) = found { try spendOnCopy(of: bytes.count) }
    return found.json
  }

  /// Its JSON, which keeps nothing else alive.
  mutating func copy(of found: Found) throws(FlowFailure) -> JSONValue {
    try spendOnCopy(of: found.size)
    return found.json.detached
  }

  mutating func search(
    _ pattern: Pattern, in text: [UInt8], groups: Int
  ) throws(FlowFailure) -> PatternMatch? {
    do throws(PatternError) {
      return try pattern.firstMatch(in: text.span, groups: groups, stepsLeft: &workLeft)
    } catch {
      throw FlowFailure(.tooLarge, "the pattern \(pattern.text) in \(text.count) bytes: \(error.cause)")
    }
  }

  mutating func equal(_ found: Found?, _ operand: Template) throws(FlowFailure) -> Bool {
    let wanted = try render(operand)
    guard let found else { return false }
    try spend(found.size + wanted.bytes.count)
    if case .text(let bytes) = found, let text = wanted.string { return bytes.elementsEqual(text.utf8) }
    // Members are looked up by their names, numbers and escapes are read: a byte of JSON costs more than one of text.
    try spend(found.size + wanted.bytes.count)
    return found.json == wanted
  }

  /// nil unless both are numbers.
  mutating func numbers(_ found: Found?, _ operand: Template) throws(FlowFailure) -> (Double, Double)? {
    let bound = Found.value(try render(operand))
    try spend((found?.size ?? 0) + bound.size)
    guard let left = found?.number, let right = bound.number else { return nil }
    return (left, right)
  }
}
