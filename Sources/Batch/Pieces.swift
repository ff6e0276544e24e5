/// An array in pieces of 64 Ki elements. Growing it copies nothing and leaves no room unused but in the last piece: an
/// array that doubles would copy ten million tasks while everybody waits, and hold them up to three times for a moment.
struct Pieces<Element: Sendable>: Sendable, RandomAccessCollection, MutableCollection {
  private static var bits: Int { 16 }
  private static var size: Int { 1 << bits }

  private var pieces: [[Element]] = []
  private(set) var count = 0

  var startIndex: Int { 0 }
  var endIndex: Int { count }

  /// Traps outside the elements.
  subscript(index: Int) -> Element {
    get { pieces[index >> Self.bits][index & (Self.size - 1)] }
    _modify { yield &pieces[index >> Self.bits][index & (Self.size - 1)] }
    set { pieces[index >> Self.bits][index & (Self.size - 1)] = newValue }
  }

  mutating func append(_ element: Element) {
    let piece = count >> Self.bits
    if piece == pieces.count {
      pieces.append([])
      // A small batch is far from a whole piece; whatever has filled one has likely more to come.
      if piece > 0 { pieces[piece].reserveCapacity(Self.size) }
    }
    pieces[piece].append(element)
    count += 1
  }

  /// Takes the last elements away, down to so many.
  mutating func shorten(to wanted: Int) {
    guard wanted < count else { return }
    pieces.removeLast(pieces.count - (wanted + Self.size - 1) >> Self.bits)
    if case let rest = wanted & (Self.size - 1), rest > 0 {
      pieces[pieces.count - 1].removeLast(pieces[pieces.count - 1].count - rest)
    }
    count = wanted
  }
}
