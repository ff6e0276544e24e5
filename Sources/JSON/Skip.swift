/// Steps over values that `Grammar` has checked already; on anything else it may trap, never read out of bounds.
enum Skip {
  static func value(_ bytes: Span<UInt8>, from start: Int) -> Int {
    switch bytes[start] {
    case ASCII.quote: string(bytes, from: start)
    case ASCII.openBrace, ASCII.openBracket: container(bytes, from: start)
    default: scalar(bytes, from: start)
    }
  }

  static func string(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var place = start + 1
    while true {
      place = Grammar.plainRun(bytes, from: place)
      switch bytes[place] {
      case ASCII.quote: return place + 1
      case ASCII.backslash: place += 2
      default: place += 1
      }
    }
  }

  private static func container(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var place = start
    var open = 0
    while true {
      switch bytes[place] {
      case ASCII.quote:
        place = string(bytes, from: place)
        continue
      case ASCII.openBrace, ASCII.openBracket: open += 1
      case ASCII.closeBrace, ASCII.closeBracket:
        open -= 1
        if open == 0 { return place + 1 }
      default: break
      }
      place += 1
    }
  }

  private static func scalar(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var place = start
    while place < bytes.count {
      let byte = bytes[place]
      if byte == ASCII.comma || byte == ASCII.closeBrace || byte == ASCII.closeBracket || ASCII.isSpace(byte) { break }
      place += 1
    }
    return place
  }
}
