internal import JSON
internal import Substitution

extension Variables {
  /// The value with everything filled in.
  ///
  /// - Throws: `assertion` when something is not there, `tooLarge` when it becomes too much.
  mutating func render(_ template: Template) throws(FlowFailure) -> JSONValue {
    if case .constant(let value) = template { return value }
    var writer = JSONWriter()
    try write(template, into: &writer)
    return JSONValue(trusted: writer.bytes[...])
  }

  mutating func write(_ template: Template, into writer: inout JSONWriter) throws(FlowFailure) {
    let before = writer.bytes.count
    switch template {
    case .constant(let value): writer.value(value)
    case .whole(let reference): writer.value(try json(of: try value(of: reference)))
    case .text(let pieces): writer.string(try text(pieces))
    case .array(let elements):
      try writer.array { array throws(FlowFailure) in
        for element in elements { try write(element, into: &array) }
      }
    case .object(let members):
      try writer.object { object throws(FlowFailure) in
        for (name, value) in members {
          object.key(name)
          try write(value, into: &object)
        }
      }
    }
    switch template {
    case .array, .object: break
    default: try spend(writer.bytes.count - before)
    }
    try checkRendered(writer.bytes.count)
  }

  /// Substitutes into a text: a string gives its text, anything else its JSON.
  mutating func text(_ pieces: [Template.Piece]) throws(FlowFailure) -> String {
    var text: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .literal(let literal): text += literal.utf8
      case .reference(let reference): text += try self.text(of: try value(of: reference))
      }
      try checkRendered(text.count)
    }
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func value(of reference: Reference) throws(FlowFailure) -> Found {
    guard let found = try find(reference) else {
      throw FlowFailure(.assertion, "{{\(reference.text)}} is not there")
    }
    return found
  }

  private func checkRendered(_ size: Int) throws(FlowFailure) {
    guard size <= FlowLimits.variableBytes else {
      throw FlowFailure(.tooLarge, "what is filled in grows beyond \(FlowLimits.variableBytes) bytes")
    }
  }
}
