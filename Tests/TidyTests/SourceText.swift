/// A Swift file split in two texts of equal shape: its code without comments and without what string literals say, and
/// its comments alone. Every byte that belongs to the other side is a space, so lines and columns stay the file's own.
struct SourceText {
  let code: [String]
  let comments: [String]

  init(_ text: String) {
    var scan = Scan(bytes: Array(text.utf8))
    scan.code(untilParenthesis: false)
    code = Self.lines(scan.codeBytes)
    comments = Self.lines(scan.commentBytes)
  }

  private static func lines(_ bytes: [UInt8]) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }
}

/// One pass over a file's bytes. Knows nested block comments, raw and multi-line strings, interpolations (code again)
/// and regex literals; a string that is not closed ends with its line, so that one slip does not hide a whole file.
private struct Scan {
  let bytes: [UInt8]
  var place = 0
  var codeBytes: [UInt8]
  var commentBytes: [UInt8]

  init(bytes: [UInt8]) {
    self.bytes = bytes
    let blank = bytes.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
    (codeBytes, commentBytes) = (blank, blank)
  }

  func at(_ offset: Int) -> UInt8 { place + offset < bytes.count ? bytes[place + offset] : 0 }

  mutating func keep(_ count: Int = 1) {
    for index in place..<min(place + count, bytes.count) { codeBytes[index] = bytes[index] }
    place += count
  }

  mutating func code(untilParenthesis: Bool) {
    var depth = 0
    while place < bytes.count {
      switch at(0) {
      case UInt8(ascii: "/") where at(1) == UInt8(ascii: "/"): lineComment()
      case UInt8(ascii: "/") where at(1) == UInt8(ascii: "*"): blockComment()
      case UInt8(ascii: "/") where startsRegex(): regex()
      case UInt8(ascii: "\""): string(hashes: 0)
      case UInt8(ascii: "#"):
        let hashes = hashCount(from: 0)
        if at(hashes) == UInt8(ascii: "\"") { string(hashes: hashes) } else { keep() }
      case UInt8(ascii: "("):
        depth += 1
        keep()
      case UInt8(ascii: ")"):
        keep()
        if untilParenthesis && depth == 0 { return }
        depth -= 1
      default: keep()
      }
    }
  }

  private mutating func lineComment() {
    while place < bytes.count, at(0) != UInt8(ascii: "\n") {
      commentBytes[place] = bytes[place]
      place += 1
    }
  }

  private mutating func blockComment() {
    var depth = 0
    repeat {
      let step = at(0) == UInt8(ascii: "/") && at(1) == UInt8(ascii: "*") ? 1 : 0
      let back = at(0) == UInt8(ascii: "*") && at(1) == UInt8(ascii: "/") ? 1 : 0
      depth += step - back
      let width = step + back > 0 ? 2 : 1
      for index in place..<min(place + width, bytes.count) { commentBytes[index] = bytes[index] }
      place += width
    } while depth > 0 && place < bytes.count
  }

  private func hashCount(from offset: Int) -> Int {
    var count = 0
    while at(offset + count) == UInt8(ascii: "#") { count += 1 }
    return count
  }

  private mutating func string(hashes: Int) {
    let quote = UInt8(ascii: "\"")
    keep(hashes)
    let width = at(1) == quote && at(2) == quote ? 3 : 1
    keep(width)
    while place < bytes.count {
      if at(0) == UInt8(ascii: "\n"), width == 1 { return }
      if at(0) == UInt8(ascii: "\\"), hashCount(from: 1) >= hashes {
        place += 1 + hashes
        guard at(0) == UInt8(ascii: "(") else {
          place += 1
          continue
        }
        keep()
        code(untilParenthesis: true)
      } else if at(0) == quote, width == 1 || (at(1) == quote && at(2) == quote),
        hashCount(from: width) >= hashes
      {
        return keep(width + hashes)
      } else {
        place += 1
      }
    }
  }

  /// A slash opens a regex where an operand is expected and no blank follows; elsewhere it divides.
  private func startsRegex() -> Bool {
    guard at(1) != UInt8(ascii: " "), at(1) != UInt8(ascii: "\n") else { return false }
    var before = place - 1
    while before >= 0, bytes[before] == UInt8(ascii: " ") { before -= 1 }
    guard before >= 0, bytes[before] != UInt8(ascii: "\n") else { return true }
    return "(,=:[{!&|".utf8.contains(bytes[before])
  }

  private mutating func regex() {
    keep()
    while place < bytes.count, at(0) != UInt8(ascii: "\n") {
      if at(0) == UInt8(ascii: "/") { return keep() }
      place += at(0) == UInt8(ascii: "\\") ? 2 : 1
    }
  }
}
