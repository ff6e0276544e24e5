/// A pattern as its parser understood it.
indirect enum PatternNode: Sendable {
  case empty
  case scalar(UInt32, foldsCase: Bool)
  case set(ScalarSet)
  case any(includingLineFeed: Bool)
  case assertion(Assertion)
  /// A capturing group; what groups without capturing is its content alone.
  case group(Int, PatternNode)
  case sequence([PatternNode])
  /// In order of preference.
  case alternation([PatternNode])
  /// `most` is nil for no bound.
  case repetition(PatternNode, least: Int, most: Int?, isGreedy: Bool)

  /// What holds between two scalars.
  enum Assertion: Sendable {
    case textStart, textEnd
    /// The end of the text, or before the line feed that ends it.
    case textEndOrLastLineFeed
    case lineStart, lineEnd
    case wordBoundary, noWordBoundary
  }

  /// Can it match without taking a scalar?
  var isNullable: Bool {
    switch self {
    case .empty, .assertion: true
    case .scalar, .set, .any: false
    case .group(_, let content): content.isNullable
    case .sequence(let parts): parts.allSatisfy(\.isNullable)
    case .alternation(let branches): branches.contains(where: \.isNullable)
    case .repetition(let content, let least, _, _): least == 0 || content.isNullable
    }
  }
}
