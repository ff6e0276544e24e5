/// Writes the instructions of a syntax tree. Repeats with numbers are written out, so their size is bounded here.
struct Compiler {
  let sizeLimit: Int
  private(set) var instructions: [Program.Instruction] = []
  private(set) var sets: [ScalarSet] = []
  /// Instructions and ranges of classes.
  private(set) var size = 0

  init(sizeLimit: Int) { self.sizeLimit = sizeLimit }

  mutating func emit(_ instruction: Program.Instruction) throws(PatternError) {
    try grow(by: 1)
    instructions.append(instruction)
  }

  private mutating func grow(by more: Int) throws(PatternError) {
    size += more
    guard size <= sizeLimit else { throw PatternError(.programTooLarge, at: 0) }
  }

  mutating func compile(_ node: PatternNode) throws(PatternError) {
    switch node {
    case .empty: break
    case .scalar(let scalar, let foldsCase): try emit(foldsCase ? .folded(scalar) : .scalar(scalar))
    case .any(let includingLineFeed): try emit(includingLineFeed ? .everything : .notLineFeed)
    case .assertion(let assertion): try emit(.assert(assertion))
    case .set(let set):
      try grow(by: set.rangeCount)
      try emit(.set(Int32(sets.count)))
      sets.append(set)
    case .group(let number, let content):
      try emit(.save(Int32(2 * number)))
      try compile(content)
      try emit(.save(Int32(2 * number + 1)))
    case .sequence(let parts): for part in parts { try compile(part) }
    case .alternation(let branches): try alternation(branches)
    case .repetition(let content, let least, let most, let isGreedy):
      try repetition(content, least: least, most: most, isGreedy: isGreedy)
    }
  }

  private mutating func alternation(_ branches: [PatternNode]) throws(PatternError) {
    var ends: [Int] = []
    for branch in branches.dropLast() {
      let split = try reserve()
      try compile(branch)
      ends.append(try reserve())
      instructions[split] = fork(split, isGreedy: true)
    }
    if let last = branches.last { try compile(last) }
    for end in ends { instructions[end] = .jump(place) }
  }

  private mutating func repetition(
    _ content: PatternNode, least: Int, most: Int?, isGreedy: Bool
  ) throws(PatternError) {
    var block: Range<Int>?
    guard let most else {
      for _ in 0..<max(0, least - 1) { try write(content, &block) }
      return try loop(content, &block, isOptional: least == 0, isGreedy: isGreedy)
    }
    for _ in 0..<least { try write(content, &block) }
    // Each optional part stands inside the one before: x{0,2} is (?:x(?:x)?)?.
    var splits: [Int] = []
    for _ in least..<most {
      splits.append(try reserve())
      try write(content, &block)
    }
    for split in splits { instructions[split] = fork(split, isGreedy: isGreedy) }
  }

  /// Compiles a part the first time, which fills in where its instructions stand, and copies them every other time: so
  /// a part is compiled once whatever counts stand around it, and its sets are shared.
  private mutating func write(_ content: PatternNode, _ block: inout Range<Int>?) throws(PatternError) {
    guard let block else {
      let start = instructions.count
      try compile(content)
      block = start..<instructions.count
      return
    }
    // What jumps inside a part jumps to a place inside it, or right behind it.
    let shift = place - Int32(block.lowerBound)
    for at in block { try emit(instructions[at].moved(by: shift)) }
  }

  /// `x+`. And `x*` is `(?:x+)?`: where x can match nothing, a loop that is entered through its test would prefer the
  /// branches of x in another order than Perl does.
  private mutating func loop(
    _ content: PatternNode, _ block: inout Range<Int>?, isOptional: Bool, isGreedy: Bool
  ) throws(PatternError) {
    let split: Int? = isOptional ? try reserve() : nil
    let start = place
    try write(content, &block)
    let end = place + 1
    try emit(isGreedy ? .split(start, end) : .split(end, start))
    if let split { instructions[split] = fork(split, isGreedy: isGreedy) }
  }

  /// Where the next instruction will stand.
  private var place: Int32 { Int32(instructions.count) }

  /// Into what follows the split, or past all that was written since.
  private func fork(_ split: Int, isGreedy: Bool) -> Program.Instruction {
    isGreedy ? .split(Int32(split + 1), place) : .split(place, Int32(split + 1))
  }

  /// The place of an instruction whose target is not known yet.
  private mutating func reserve() throws(PatternError) -> Int {
    try emit(.match)
    return instructions.count - 1
  }
}
