extension JSONValue: Equatable {
  /// Equality of meaning. Of members with one name the last one counts.
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    if left.bytes.elementsEqual(right.bytes) { return true }
    guard left.kind == right.kind else { return false }
    switch left.kind {
    case .null: return true
    case .bool: return left.bool == right.bool
    case .number: return Decimal(left.bytes.span) == Decimal(right.bytes.span)
    case .string: return unescapedContent(left).elementsEqual(unescapedContent(right))
    case .array: return (left.elements ?? []) == (right.elements ?? [])
    case .object: return left.lastMembers == right.lastMembers
    }
  }

  /// Names are compared as bytes: Unicode's canonical equivalence is not JSON's.
  private var lastMembers: [[UInt8]: JSONValue] {
    var last: [[UInt8]: JSONValue] = [:]
    forEachMember { last[JSONKey.unescaped($0.raw.span)] = $1 }
    return last
  }

  private static func unescapedContent(_ value: JSONValue) -> [UInt8] {
    let content = value.bytes.dropFirst().dropLast()
    return JSONKey.unescaped(content.span)
  }
}
