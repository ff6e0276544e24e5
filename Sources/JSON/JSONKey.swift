/// The name of an object's member as it was written, between its quotes; compared without making a String.
///
///     value.forEachMember { key, value in
///       switch key {
///       case "task": task = value
///       default: break
///       }
///     }
package struct JSONKey: Sendable {
  /// The escapes still in it.
  package let raw: ArraySlice<UInt8>
  private let hasEscape: Bool

  init(raw: ArraySlice<UInt8>) {
    self.raw = raw
    hasEscape = raw.span.contains(ASCII.backslash)
  }

  package var string: String {
    hasEscape ? String(decoding: Self.unescaped(raw.span), as: UTF8.self) : String(decoding: raw, as: UTF8.self)
  }

  package static func == (key: JSONKey, text: StaticString) -> Bool {
    key.equals(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package static func == (key: JSONKey, text: String) -> Bool {
    var text = text
    return text.withUTF8 { key.equals($0) }
  }

  package static func ~= (pattern: StaticString, key: JSONKey) -> Bool { key == pattern }

  @inline(__always)
  func equals(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    if hasEscape { return Self.unescaped(raw.span).elementsEqual(text) }
    return raw.count == text.count && Self.same(raw.span, text)
  }

  /// Does `raw`, which may hold escapes, mean `text`, which is UTF-8 and holds none?
  @inline(__always)
  static func names(_ raw: Span<UInt8>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    // An escape is longer than what it stands for: of the same length, they mean the same only byte by byte.
    if raw.count == text.count { return same(raw, text) && !raw.contains(ASCII.backslash) }
    return raw.count > text.count && raw.contains(ASCII.backslash) && unescaped(raw).elementsEqual(text)
  }

  private static func same(_ raw: Span<UInt8>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    for place in 0..<text.count where raw[place] != text[place] { return false }
    return true
  }

  /// What a checked string means, in UTF-8.
  static func unescaped(_ span: Span<UInt8>) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: span.count) { buffer, count in
      var place = 0
      while place < span.count {
        let byte = span[place]
        guard byte == ASCII.backslash else {
          buffer[count] = byte
          count += 1
          place += 1
          continue
        }
        let scalar: UInt32
        (scalar, place) = unescape(span, at: place)
        // An escape is never shorter than the UTF-8 of what it stands for, so the buffer suffices.
        for unit in UTF8.encode(Unicode.Scalar(scalar) ?? "\u{fffd}")! {
          buffer[count] = unit
          count += 1
        }
      }
    }
  }

  private static func unescape(_ span: Span<UInt8>, at start: Int) -> (scalar: UInt32, next: Int) {
    switch span[start + 1] {
    case UInt8(ascii: "b"): return (0x08, start + 2)
    case UInt8(ascii: "f"): return (0x0c, start + 2)
    case UInt8(ascii: "n"): return (0x0a, start + 2)
    case UInt8(ascii: "r"): return (0x0d, start + 2)
    case UInt8(ascii: "t"): return (0x09, start + 2)
    case UInt8(ascii: "u"):
      let high = (try? Grammar.codeUnit(span, from: start)) ?? 0xfffd
      guard high & 0xfc00 == 0xd800 else { return (high, start + 6) }
      let low = (try? Grammar.codeUnit(span, from: start + 6)) ?? 0xdc00
      return (0x10000 + (high & 0x3ff) << 10 + (low & 0x3ff), start + 12)
    case let other: return (UInt32(other), start + 2)
    }
  }
}

extension Span<UInt8> {
  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    for place in indices where self[place] == byte { return true }
    return false
  }
}
