/// Checks a text's UTF-8 in pieces that may be cut anywhere, and refuses it at the first byte after which it can be
/// none: table 3-7 of the Unicode standard. No overlong form, no surrogate, nothing above U+10FFFF.
struct UTF8Check: Sendable {
  /// Continuation bytes still due, and what the next of them may be.
  private var due = 0
  private var allowed: ClosedRange<UInt8> = 0x80...0xbf

  init() {}

  /// No character is cut here: the text may end.
  var isAtBoundary: Bool { due == 0 }

  /// False when what came so far can be no text's beginning; nothing may be taken after that.
  mutating func take(_ span: Span<UInt8>) -> Bool {
    var place = 0
    while place < span.count {
      if due == 0 { place = Self.afterASCII(span, from: place) }
      guard place < span.count else { return true }
      guard take(span[place]) else { return false }
      place += 1
    }
    return true
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    if due > 0 {
      guard allowed.contains(byte) else { return false }
      (due, allowed) = (due - 1, 0x80...0xbf)
      return true
    }
    switch byte {
    case 0x00...0x7f: return true
    case 0xc2...0xdf: due = 1
    case 0xe0: (due, allowed) = (2, 0xa0...0xbf)
    case 0xed: (due, allowed) = (2, 0x80...0x9f)
    case 0xe1...0xef: due = 2
    case 0xf0: (due, allowed) = (3, 0x90...0xbf)
    case 0xf1...0xf3: due = 3
    case 0xf4: (due, allowed) = (3, 0x80...0x8f)
    default: return false
    }
    return true
  }

  /// Eight bytes at a time while all are ASCII.
  private static func afterASCII(_ span: Span<UInt8>, from start: Int) -> Int {
    var place = start
    while place &+ 8 <= span.count {
      let word = span.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self)
      if word & 0x8080_8080_8080_8080 != 0 { break }
      place &+= 8
    }
    while place < span.count, span[place] < 0x80 { place &+= 1 }
    return place
  }
}
