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
  }

  let instructions: [Instruction]
  let sets: [ScalarSet]
  /// The sets' ASCII parts, which decide nearly always; the sets themselves are costly to touch.
  let asciiSets: [ASCIISet]
  /// Instructions at which a thread can wait for a scalar: as many threads there can be.
  let consumerCount: Int
  /// A match can begin at the text's start only.
  private(set) var isAnchored = false
  /// Bytes that a match can begin with; nil when it may begin with any, or take nothing at all.
  private(set) var firstBytes: ByteSet?

  init(_ node: PatternNode) throws(PatternError) {
    var compiler = Compiler()
    try compiler.compile(.group(0, node))
    try compiler.emit(.match)
    (instructions, sets) = (compiler.instructions, compiler.sets)
    asciiSets = sets.map(\.ascii)
    consumerCount = instructions.count { instruction in
      switch instruction {
      case .scalar, .folded, .notLineFeed, .everything, .set, .match: true
      case .split, .jump, .save, .assert: false
      }
    }
    (firstBytes, isAnchored) = FirstBytes.of(self)
  }

  /// Does an instruction take this scalar?
  @inline(__always)
  func takes(_ scalar: UInt32, with instruction: Instruction) -> Bool {
    switch instruction {
    case .scalar(let wanted): scalar == wanted
    case .folded(let wanted): LetterCase.lower(scalar) == wanted
    case .notLineFeed: scalar != 0x0a
    case .everything: true
    case .set(let number):
      scalar < 0x80 ? asciiSets[Int(number)].contains(scalar) : sets[Int(number)].contains(scalar)
    case .split, .jump, .save, .assert, .match: false
    }
  }
}
