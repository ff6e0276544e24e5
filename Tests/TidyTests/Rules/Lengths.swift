/// What fits a head and a screen: files, functions and lines of a readable length.
enum Lengths {
  static let linesInFile = 400
  static let linesInFunction = 70
  static let columnsInLine = 120

  static func file(_ file: TreeFile) -> [Complaint] {
    guard file.lines.count > linesInFile else { return [] }
    return [
      file.complain(
        linesInFile + 1,
        "\(file.lines.count) lines, the limit is \(linesInFile): find the second idea in it and give that its own file")
    ]
  }

  static func line(_ file: TreeFile) -> [Complaint] {
    file.lines.enumerated().compactMap { index, line in
      guard line.utf8.count > columnsInLine, line.count > columnsInLine else { return nil }
      return file.complain(
        index + 1, "\(line.count) columns, the limit is \(columnsInLine): break it where `swift format` would")
    }
  }

  static func function(_ file: TreeFile) -> [Complaint] {
    functions(file).compactMap { function in
      guard function.lines > linesInFunction else { return nil }
      return file.complain(
        function.line,
        "\(function.name) has \(function.lines) lines, the limit is \(linesInFunction): let the parent branch and "
          + "move what the branches do into functions of their own")
    }
  }

  struct Function: Equatable {
    let name: String
    let line: Int
    let lines: Int
  }

  /// Every function, initializer, subscript and computed property that has a body, with its length from its first
  /// word to its closing brace.
  static func functions(_ file: TreeFile) -> [Function] {
    guard let code = file.swift?.code else { return [] }
    var found: [Function] = []
    var tokens = Tokens(code)
    while let token = tokens.next() {
      guard ["func", "init", "deinit", "subscript", "var"].contains(token.text), token.before != UInt8(ascii: ".")
      else { continue }
      var body = tokens
      let name = token.text == "func" || token.text == "var" ? body.next()?.text ?? "" : token.text
      guard body.skipToBody(ofVariable: token.text == "var"), let end = body.skipBraces() else { continue }
      found.append(Function(name: name, line: token.line, lines: end - token.line + 1))
    }
    return found
  }
}

/// Words and single signs of code with their lines.
private struct Tokens {
  struct Token {
    let text: String
    let line: Int
    let before: UInt8
  }

  private let bytes: [UInt8]
  private var place = 0
  private var line = 1

  init(_ code: [String]) { bytes = Array(code.joined(separator: "\n").utf8) }

  mutating func next() -> Token? {
    while place < bytes.count, bytes[place] == UInt8(ascii: " ") || bytes[place] == UInt8(ascii: "\n") {
      if bytes[place] == UInt8(ascii: "\n") { line += 1 }
      place += 1
    }
    guard place < bytes.count else { return nil }
    let start = place
    while place < bytes.count, Self.isName(bytes[place]) { place += 1 }
    if place == start { place += 1 }
    let before = start == 0 ? UInt8(ascii: "\n") : bytes[start - 1]
    return Token(text: String(decoding: bytes[start..<place], as: UTF8.self), line: line, before: before)
  }

  /// Goes on behind the brace that opens the declaration's body; false where it has none: a protocol's requirement, or
  /// a variable with a value or without accessors.
  mutating func skipToBody(ofVariable isVariable: Bool) -> Bool {
    var depth = 0
    var lastLine = line
    while let token = next() {
      if isVariable, depth == 0, token.line != lastLine { return false }
      lastLine = token.line
      switch token.text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "{" where depth == 0: return true
      case "}" where depth == 0: return false
      case "=" where depth == 0 && isVariable: return false
      case "func", "var", "let", "subscript", "struct", "class", "enum", "actor", "extension", "typealias":
        if depth == 0 && token.before != UInt8(ascii: ".") { return false }
      default: break
      }
    }
    return false
  }

  /// The line of the brace that closes the one just passed.
  mutating func skipBraces() -> Int? {
    var depth = 1
    while let token = next() {
      if token.text == "{" { depth += 1 }
      if token.text == "}" { depth -= 1 }
      if depth == 0 { return token.line }
    }
    return nil
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xff:
      true
    default: false
    }
  }
}
