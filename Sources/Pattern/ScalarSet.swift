/// A set of Unicode scalars: what `[…]`, `\d`, `\w` and `\s` stand for.
///
/// ASCII is looked up in bits. Beyond it the ranges are searched by bisection, so that a class of two thousand letters
/// costs a dozen looks and not two thousand.
struct ScalarSet: Sendable {
  /// Ranges and classes of which each adds to the set.
  struct Members: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var classes: ClassBits = []
  }

  let ascii: ASCIISet
  /// Rising, with a gap between any two.
  private let ranges: [ClosedRange<UInt32>]
  private let classes: ClassBits
  private let isNegated: Bool
  /// A scalar belongs to it, too, when it does in lower or upper case.
  let foldsCase: Bool

  init(_ members: Members, isNegated: Bool, foldsCase: Bool) {
    (classes, self.isNegated, self.foldsCase) = (members.classes, isNegated, foldsCase)
    ranges = Self.merged(members.ranges)
    var ascii = ASCIISet(classes)
    for range in ranges { ascii.insert(range) }
    if foldsCase { ascii.insertOtherCases() }
    if isNegated { ascii.invert() }
    self.ascii = ascii
  }

  static func named(_ kind: ScalarClass, isNegated: Bool) -> ScalarSet {
    ScalarSet(Members(classes: kind.bit(isNegated: isNegated)), isNegated: false, foldsCase: false)
  }

  /// Ranges after those that touch were joined: what the set costs to keep.
  var rangeCount: Int { ranges.count }

  /// Has to be known, beyond ASCII, to which classes a letter belongs?
  var asksClasses: Bool { !classes.isEmpty }

  /// What it costs to look a letter up beyond ASCII: the looks of the bisections.
  var steps: Int { (1 + (Int.bitWidth - ranges.count.leadingZeroBitCount)) * (foldsCase ? 3 : 1) }

  func contains(_ letter: Letter) -> Bool {
    letter.scalar < 0x80 ? ascii.contains(letter.scalar) : isMember(letter) != isNegated
  }

  private func isMember(_ letter: Letter) -> Bool {
    if !classes.isDisjoint(with: foldsCase ? letter.foldedClasses : letter.classes) { return true }
    if inRanges(letter.scalar) { return true }
    guard foldsCase else { return false }
    return (letter.lower != letter.scalar && inRanges(letter.lower))
      || (letter.upper != letter.scalar && inRanges(letter.upper))
  }

  private func inRanges(_ scalar: UInt32) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low &+ high) / 2
      if ranges[middle].upperBound < scalar { low = middle &+ 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= scalar
  }

  private static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    guard ranges.count > 1 else { return ranges }
    var merged: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    return merged
  }
}
