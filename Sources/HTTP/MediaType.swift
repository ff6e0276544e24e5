/// What a body is: RFC 9110, section 8.3.1, `text/html; charset=utf-8`.
package struct MediaType: Sendable, Equatable, CustomStringConvertible {
  /// In lower case, as is the subtype.
  package let type: String
  package let subtype: String
  /// Their names in lower case.
  package let parameters: [Query.Item]

  package init(type: String, subtype: String, parameters: [Query.Item] = []) {
    self.type = type.lowercased()
    self.subtype = subtype.lowercased()
    self.parameters = parameters
  }

  /// Nil for what is no media type.
  package init?(_ text: some StringProtocol) {
    var parts = Self.split(Array(text.utf8), at: Octet.semicolon)[...]
    let names = parts.removeFirst().split(separator: Octet.slash, omittingEmptySubsequences: false)
    guard names.count == 2, names.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Octet.isToken) }) else { return nil }
    var parameters: [Query.Item] = []
    for part in parts where !part.isEmpty {
      guard let parameter = Self.parameter(part) else { return nil }
      parameters.append(parameter)
    }
    self.init(
      type: String(decoding: names[0], as: UTF8.self), subtype: String(decoding: names[1], as: UTF8.self),
      parameters: parameters)
  }

  /// Type and subtype alone.
  package var essence: String { "\(type)/\(subtype)" }

  package subscript(parameter: String) -> String? { parameters.first { $0.name == parameter }?.value }

  package var description: String {
    parameters.reduce(essence) { text, parameter in
      let isToken = HTTPHeaders.isName(parameter.value)
      let quoted = parameter.value.reduce("") { $0 + ($1 == "\"" || $1 == "\\" ? "\\\($1)" : String($1)) }
      return text + "; \(parameter.name)=" + (isToken ? quoted : "\"\(quoted)\"")
    }
  }

  package static let json = MediaType(type: "application", subtype: "json")
  package static let problem = MediaType(type: "application", subtype: "problem+json")
  package static let ndjson = MediaType(type: "application", subtype: "x-ndjson")
  package static let eventStream = MediaType(type: "text", subtype: "event-stream")
  package static let html = MediaType(
    type: "text", subtype: "html", parameters: [Query.Item(name: "charset", value: "utf-8")])

  private static func parameter(_ part: ArraySlice<UInt8>) -> Query.Item? {
    guard let equals = part.firstIndex(of: Octet.equals) else { return nil }
    let (name, value) = (part[..<equals], part[(equals + 1)...])
    guard !name.isEmpty, name.allSatisfy(Octet.isToken) else { return nil }
    let text: [UInt8]
    if value.first == Octet.quote {
      guard value.count >= 2, value.last == Octet.quote else { return nil }
      text = unquoted(value.dropFirst().dropLast())
    } else {
      guard !value.isEmpty, value.allSatisfy(Octet.isToken) else { return nil }
      text = Array(value)
    }
    return Query.Item(
      name: String(decoding: name, as: UTF8.self).lowercased(), value: String(decoding: text, as: UTF8.self))
  }

  private static func unquoted(_ value: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    var isEscaped = false
    for byte in value {
      isEscaped = !isEscaped && byte == Octet.backslash
      if !isEscaped { text.append(byte) }
    }
    return text
  }

  /// The parts between separators that stand in no quoted string, blanks around them left off.
  static func split(_ bytes: [UInt8], at separator: UInt8) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var start = 0
    var isQuoted = false
    var isEscaped = false
    for (place, byte) in bytes.enumerated() {
      if isEscaped {
        isEscaped = false
      } else if isQuoted, byte == Octet.backslash {
        isEscaped = true
      } else if byte == Octet.quote {
        isQuoted.toggle()
      } else if byte == separator, !isQuoted {
        parts.append(HTTPHeaders.trimmed(bytes[start..<place]))
        start = place + 1
      }
    }
    parts.append(HTTPHeaders.trimmed(bytes[start...]))
    return parts
  }
}
