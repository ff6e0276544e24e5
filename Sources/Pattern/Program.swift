/// A pattern as instructions for `PikeMachine`.
struct Program: Sendable {
  enum Instruction: Sendable {
    /// The first group takes one scalar and goes on behind itself, or ends its thread.
    case scalar(UInt32)
    /// In lower case: takes the scalar in either case.
    case folded(UInt32)
    case notLineFeed
    case everything
    case set(Int32)
    /// Goes on at both, the first preferred.
    case split(Int32, Int32)
    case jump(Int32)
    /// Notes the position: slot 2n is where group n begins, 2n + 1 where it ends.
    case save(Int32)
    case assert(PatternNode.Assertion)
    case match

    /// The same in another place of the program, so much further on.
    func moved(by shift: Int32) -> Instruction {
      switch self {
      case .split(let first, let second): .split(first + shift, second + shift)
      case .jump(let target): .jump(target + shift)
      default: self
      }
    }
  }

  let instructions: [Instruction]
  let sets: [ScalarSet]
  /// The sets' ASCII parts, which decide nearly always; the sets themselves are costly to touch.
  let asciiSets: [ASCIISet]
  /// Instructions, and the ranges of all classes: what it costs to keep.
  let size: Int
  /// What is asked about a letter of the text besides its scalar.
  let foldsCase: Bool
  let asksClasses: Bool
  /// Instructions at which a thread can wait for a scalar: as many threads there can be.
  let consumerCount: Int
  /// A match can begin at the text's start only.
  private(set) var isAnchored = false
  /// Bytes that a match can begin with; nil when it may begin with any, or take nothing at all.
  private(set) var firstBytes: ByteSet?

  /// - Throws: `programTooLarge` when its size would be above the limit.
  init(_ node: PatternNode, sizeLimit: Int) throws(PatternError) {
    var compiler = Compiler(sizeLimit: sizeLimit)
    try compiler.compile(.group(0, node))
    try compiler.emit(.match)
    (instructions, sets, size) = (compiler.instructions, compiler.sets, compiler.size)
    asciiSets = sets.map(\.ascii)
    foldsCase =
      sets.contains(where: \.foldsCase) || instructions.contains { if case .folded = $0 { true } else { false } }
    asksClasses = sets.contains(where: \.asksClasses)
    consumerCount = instructions.count { instruction in
      switch instruction {
      case .scalar, .folded, .notLineFeed, .everything, .set, .match: true
      case .split, .jump, .save, .assert: false
      }
    }
    (firstBytes, isAnchored) = FirstBytes.of(self)
  }

  /// Of ASCII, what an instruction takes.
  func asciiTaken(by instruction: Instruction) -> ASCIISet {
    var taken = ASCIISet([])
    switch instruction {
    case .scalar(let scalar): taken.insert(scalar...scalar)
    case .folded(let scalar):
      taken.insert(scalar...scalar)
      taken.insertOtherCases()
    case .set(let number): taken = asciiSets[Int(number)]
    case .everything: taken.invert()
    case .notLineFeed:
      taken.insert(0x0a...0x0a)
      taken.invert()
    case .split, .jump, .save, .assert, .match: break
    }
    return taken
  }
}
