@testable import Pattern

/// Backtracks over the syntax tree as Perl does: slow, and plainly right. Tests/fuzz compiles it, too.
struct NaiveMatcher {
  typealias Groups = [Range<Int>?]

  let scalars: [UInt32]
  let bytes: [UInt8]
  let groupCount: Int
  /// Byte offsets of the scalars, and of the end.
  let offsets: [Int]
  private let patience: Patience

  /// What it may still try, for it can take time without end.
  final class Patience {
    private(set) var left: Int

    init(_ tries: Int) { left = tries }

    var isOver: Bool { left <= 0 }
    func lose() { left -= 1 }
  }

  init(_ text: String, groupCount: Int, patience: Patience = Patience(.max)) {
    self.patience = patience
    scalars = text.unicodeScalars.map(\.value)
    bytes = Array(text.utf8)
    self.groupCount = groupCount
    offsets = text.unicodeScalars.reduce(into: [0]) { $0.append($0.last! + UTF8.width($1)) }
  }

  /// Means nothing once its patience is over.
  func firstMatch(_ node: PatternNode) -> Groups? {
    let none = Groups(repeating: nil, count: groupCount + 1)
    for start in 0...scalars.count {
      let found = match(node, start, none) { end, groups in
        var groups = groups
        groups[0] = offsets[start]..<offsets[end]
        return groups
      }
      if let found { return found }
    }
    return nil
  }

  private func match(
    _ node: PatternNode, _ place: Int, _ groups: Groups, _ rest: (Int, Groups) -> Groups?
  ) -> Groups? {
    patience.lose()
    if patience.isOver { return nil }
    switch node {
    case .empty: return rest(place, groups)
    case .scalar, .set, .any:
      guard place < scalars.count, Self.takes(scalars[place], node) else { return nil }
      return rest(place + 1, groups)
    case .assertion(let assertion):
      return assertion.holds(at: offsets[place], in: bytes.span) ? rest(place, groups) : nil
    case .group(let number, let content):
      return match(content, place, groups) { end, groups in
        var groups = groups
        groups[number] = offsets[place]..<offsets[end]
        return rest(end, groups)
      }
    case .sequence(let parts): return sequence(parts[...], place, groups, rest)
    case .alternation(let branches):
      for branch in branches { if let found = match(branch, place, groups, rest) { return found } }
      return nil
    case .repetition(let content, let least, let most, let isGreedy):
      return loop(content, least, most, isGreedy, place, groups, rest)
    }
  }

  private func sequence(
    _ parts: ArraySlice<PatternNode>, _ place: Int, _ groups: Groups, _ rest: (Int, Groups) -> Groups?
  ) -> Groups? {
    guard let first = parts.first else { return rest(place, groups) }
    return match(first, place, groups) { sequence(parts.dropFirst(), $0, $1, rest) }
  }

  private func loop(
    _ content: PatternNode, _ least: Int, _ most: Int?, _ isGreedy: Bool, _ place: Int, _ groups: Groups,
    _ rest: (Int, Groups) -> Groups?
  ) -> Groups? {
    func once() -> Groups? {
      if let most, most == 0 { return nil }
      return match(content, place, groups) { end, groups in
        // What takes nothing is not done for ever.
        if end == place, least <= 1 { return rest(end, groups) }
        return loop(content, max(0, least - 1), most.map { $0 - 1 }, isGreedy, end, groups, rest)
      }
    }
    if least > 0 { return once() }
    return isGreedy ? once() ?? rest(place, groups) : rest(place, groups) ?? once()
  }

  private static func takes(_ scalar: UInt32, _ node: PatternNode) -> Bool {
    switch node {
    case .scalar(let wanted, let foldsCase): (foldsCase ? LetterCase.lower(scalar) : scalar) == wanted
    case .set(let set): set.contains(Letter(scalar, foldsCase: true, asksClasses: true))
    case .any(let includingLineFeed): includingLineFeed || scalar != 0x0a
    default: false
    }
  }
}

extension PatternNode {
  /// A loop over what can take nothing: there the order of preference is this engine's own.
  var hasNullableLoop: Bool {
    switch self {
    case .empty, .assertion, .scalar, .set, .any: false
    case .group(_, let content): content.hasNullableLoop
    case .sequence(let parts), .alternation(let parts): parts.contains(where: \.hasNullableLoop)
    case .repetition(let content, _, let most, _):
      content.hasNullableLoop || (content.isNullable && most != 1)
    }
  }
}
