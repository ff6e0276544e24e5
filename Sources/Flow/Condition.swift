internal import JSON
internal import Pattern
internal import Substitution

/// What `until` waits for and `assert` checks.
indirect enum Condition: Sendable {
  case all([Condition])
  case any([Condition])
  case not(Condition)
  /// All the tests must hold for what the reference finds.
  case holds(Reference, [Test])

  enum Test: Sendable {
    case equals(Template)
    case notEquals(Template)
    case matches(Pattern)
    case exists(Bool)
    case lessThan(Template)
    case greaterThan(Template)
  }
}

extension Condition {
  /// Of a comparison, however little is compared.
  private static let work = 16

  /// - Throws: when it takes more work than a flow may do in one go, or an operand is not there.
  func holds(_ variables: inout Variables) throws(FlowFailure) -> Bool {
    switch self {
    case .all(let parts):
      for part in parts where try !part.holds(&variables) { return false }
      return true
    case .any(let parts):
      for part in parts where try part.holds(&variables) { return true }
      return false
    case .not(let part): return try !part.holds(&variables)
    case .holds(let reference, let tests):
      try variables.spend(Self.work)
      let found = try variables.find(reference)
      for test in tests where try !test.holds(found, &variables) { return false }
      return true
    }
  }

  /// In words, without any value but those of the flow's author.
  var text: String {
    switch self {
    case .all(let parts): "all of (\(parts.map(\.text).joined(separator: "; ")))"
    case .any(let parts): "any of (\(parts.map(\.text).joined(separator: "; ")))"
    case .not(let part): "not (\(part.text))"
    case .holds(let reference, let tests):
      "\(reference.text) \(tests.map(\.text).joined(separator: " and "))"
    }
  }
}

extension Condition.Test {
  fileprivate func holds(_ found: Found?, _ variables: inout Variables) throws(FlowFailure) -> Bool {
    switch self {
    case .exists(let wanted): return (found != nil) == wanted
    case .equals(let operand): return try variables.equal(found, operand)
    case .notEquals(let operand): return try !variables.equal(found, operand)
    case .matches(let pattern):
      guard let found else { return false }
      return try variables.search(pattern, in: try variables.text(of: found), groups: 0) != nil
    case .lessThan(let operand):
      guard let (left, right) = try variables.numbers(found, operand) else { return false }
      return left < right
    case .greaterThan(let operand):
      guard let (left, right) = try variables.numbers(found, operand) else { return false }
      return left > right
    }
  }

  fileprivate var text: String {
    switch self {
    case .equals(let operand): "equals \(operand.text)"
    case .notEquals(let operand): "not_equals \(operand.text)"
    case .matches(let pattern): "matches \(pattern.text)"
    case .exists(let wanted): wanted ? "exists" : "does not exist"
    case .lessThan(let operand): "less_than \(operand.text)"
    case .greaterThan(let operand): "greater_than \(operand.text)"
    }
  }
}

extension Template {
  /// As it was written, for messages.
  var text: String {
    switch self {
    case .constant(let value): value.text
    case .whole(let reference): "{{\(reference.text)}}"
    case .text(let pieces):
      pieces.map { piece in
        switch piece {
        case .literal(let text): text
        case .reference(let reference): "{{\(reference.text)}}"
        }
      }.joined()
    case .array: "a list"
    case .object: "an object"
    }
  }
}
