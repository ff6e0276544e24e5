extension JSONValue: Equatable {
  /// Equality of meaning, in time linear in both texts. Of members with one name the last one counts.
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    if left.bytes.elementsEqual(right.bytes) { return true }
    let left = ComparedText(left.bytes)
    let right = ComparedText(right.bytes)
    return left.isEqual(at: .start, to: right, at: .start) != nil
  }
}

/// One side of a comparison. Both sides are walked together, each value is compared once, and the first difference ends
/// the walk. Members stand in any order, so an object's are looked up before they are compared: to step over one costs
/// nothing that depends on its size, or a value would be scanned once for each object around it.
private struct ComparedText {
  /// A value's place, and how many arrays and objects have been opened before it.
  struct Cursor {
    var place: Int
    var opened: Int

    static let start = Cursor(place: 0, opened: 0)
  }

  private let bytes: ArraySlice<UInt8>
  /// By the order in which arrays and objects are opened: where the text goes on behind each.
  private let ends: [Cursor]

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    ends = Self.ends(bytes.span)
  }

  private static func ends(_ span: Span<UInt8>) -> [Cursor] {
    var ends: [Cursor] = []
    var open: [Int] = []
    var place = 0
    while place < span.count {
      switch span[place] {
      case ASCII.quote:
        place = Skip.string(span, from: place)
        continue
      case ASCII.openBrace, ASCII.openBracket:
        open.append(ends.count)
        ends.append(.start)
      case ASCII.closeBrace, ASCII.closeBracket:
        if let opening = open.popLast() { ends[opening] = Cursor(place: place + 1, opened: ends.count) }
      default: break
      }
      place += 1
    }
    return ends
  }

  /// Behind both values, which are equal; nil when they are not.
  func isEqual(
    at place: Cursor, to other: ComparedText, at there: Cursor
  ) -> (here: Cursor, there: Cursor)? {
    let (span, otherSpan) = (bytes.span, other.bytes.span)
    switch (span[place.place], otherSpan[there.place]) {
    case (ASCII.openBracket, ASCII.openBracket): return elements(at: place, equal: other, at: there)
    case (ASCII.openBrace, ASCII.openBrace): return members(at: place, equal: other, at: there)
    case (ASCII.openBracket, _), (_, ASCII.openBracket), (ASCII.openBrace, _), (_, ASCII.openBrace): return nil
    default:
      let (end, otherEnd) = (behind(place), other.behind(there))
      let (left, right) = (place.place..<end.place, there.place..<otherEnd.place)
      return Self.scalarsEqual(span.extracting(left), otherSpan.extracting(right)) ? (end, otherEnd) : nil
    }
  }

  private func behind(_ cursor: Cursor) -> Cursor {
    switch bytes.span[cursor.place] {
    case ASCII.openBrace, ASCII.openBracket: ends[cursor.opened]
    default: Cursor(place: Skip.value(bytes.span, from: cursor.place), opened: cursor.opened)
    }
  }

  /// The next element's place, or that of the bracket or brace that ends them all.
  private func next(after cursor: Cursor) -> Cursor {
    let span = bytes.span
    let place = Grammar.space(span, from: cursor.place)
    return Cursor(
      place: span[place] == ASCII.comma ? Grammar.space(span, from: place + 1) : place, opened: cursor.opened)
  }

  private func inside(_ cursor: Cursor) -> Cursor {
    Cursor(place: Grammar.space(bytes.span, from: cursor.place + 1), opened: cursor.opened + 1)
  }

  private func isEnd(_ cursor: Cursor) -> Bool {
    bytes.span[cursor.place] == ASCII.closeBracket || bytes.span[cursor.place] == ASCII.closeBrace
  }

  private func elements(
    at place: Cursor, equal other: ComparedText, at there: Cursor
  ) -> (here: Cursor, there: Cursor)? {
    var (left, right) = (inside(place), other.inside(there))
    while !isEnd(left), !other.isEnd(right) {
      guard let behind = isEqual(at: left, to: other, at: right) else { return nil }
      (left, right) = (next(after: behind.here), other.next(after: behind.there))
    }
    return isEnd(left) && other.isEnd(right) ? (ends[place.opened], other.ends[there.opened]) : nil
  }

  private func members(
    at place: Cursor, equal other: ComparedText, at there: Cursor
  ) -> (here: Cursor, there: Cursor)? {
    // By name the last member here, and what stands there under the same name: the last one again.
    var numbers: [MemberName: Int] = [:]
    var values: [Cursor] = []
    forEachMember(at: place) { name, value in
      if let known = numbers[name] { return values[known] = value }
      numbers[name] = values.count
      values.append(value)
    }
    var matches = [Cursor?](repeating: nil, count: values.count)
    var isStranger = false
    other.forEachMember(at: there) { name, value in
      if let number = numbers[name] { matches[number] = value } else { isStranger = true }
    }
    if isStranger { return nil }
    for (value, match) in zip(values, matches) {
      guard let match, isEqual(at: value, to: other, at: match) != nil else { return nil }
    }
    return (ends[place.opened], other.ends[there.opened])
  }

  private func forEachMember(at place: Cursor, _ body: (MemberName, Cursor) -> Void) {
    let span = bytes.span
    var cursor = inside(place)
    while !isEnd(cursor) {
      let nameEnd = Skip.string(span, from: cursor.place)
      let name = MemberName(bytes[bytes.startIndex + cursor.place + 1..<bytes.startIndex + nameEnd - 1])
      let colon = Grammar.space(span, from: nameEnd)
      cursor.place = Grammar.space(span, from: colon + 1)
      body(name, cursor)
      cursor = next(after: behind(cursor))
    }
  }

  private static func same(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    for place in left.indices where left[place] != right[place] { return false }
    return true
  }

  private static func scalarsEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
    if same(left, right) { return true }
    switch (left[0], right[0]) {
    case (ASCII.quote, ASCII.quote):
      let (left, right) = (left.extracting(1..<left.count - 1), right.extracting(1..<right.count - 1))
      guard left.contains(ASCII.backslash) || right.contains(ASCII.backslash) else { return false }
      return JSONKey.unescaped(left) == JSONKey.unescaped(right)
    case (ASCII.minus, _), (ASCII.zero...ASCII.nine, _):
      guard right[0] == ASCII.minus || ASCII.isDigit(right[0]) else { return false }
      return Decimal(left) == Decimal(right)
    default: return false
    }
  }
}

/// Compared as bytes, after its escapes: Unicode's canonical equivalence is not JSON's.
private struct MemberName: Hashable {
  private let bytes: ArraySlice<UInt8>

  init(_ raw: ArraySlice<UInt8>) {
    bytes = raw.span.contains(ASCII.backslash) ? JSONKey.unescaped(raw.span)[...] : raw
  }

  static func == (left: MemberName, right: MemberName) -> Bool { left.bytes.elementsEqual(right.bytes) }

  func hash(into hasher: inout Hasher) {
    hasher.combine(bytes.count)
    bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
  }
}
