/// Searches with all threads of a program at once, one scalar after the other: R. Pike's machine, as in R. Cox,
/// "Regular Expression Matching: the Virtual Machine Approach" (2009).
///
/// No two threads stand at one instruction, so a scalar costs at most as many steps as the program has instructions,
/// whatever the pattern. The threads are kept in order of preference; each carries what its groups captured. A step
/// takes some nanoseconds: what takes longer is asked once for each scalar, and charged as the steps that it takes.
struct PikeMachine {
  /// Bytes that are skipped in about the time of one step.
  private static let skippedForOneStep = 16
  /// Words of its own memory that are made ready, or copied for a thread, in about the time of one step.
  private static let wordsForOneStep = 8
  /// Before anything is searched: half a dozen allocations.
  private static let stepsToBegin = 32

  private let program: Program
  private let slotCount: Int
  /// What the copies of its slots cost for a thread that waits.
  private let stepsForSlots: Int
  /// What is left of the search's budget.
  private(set) var stepsLeft: Int
  /// The threads of the position that is being stepped over, and of the one behind it.
  private var current: Threads
  private var next: Threads
  /// By instruction: the generation in which a thread last came there. A position is one generation.
  private var seen: [UInt32]
  private var generation: UInt32 = 1
  private var open: [Open] = []
  /// By class: twice the generation in which it was asked last, and one more if it took the letter.
  private var answers: [UInt64]
  /// Where a word's boundary was looked for last.
  private var boundary = (place: -1, isThere: false)
  /// What the thread that is being followed has captured; -1 for nothing.
  private var captured: [Int32]
  /// The slots of the best match so far.
  private var match: [Int32]
  private var hasMatched = false

  /// - Parameter slotCount: how many of the program's slots are noted; each costs every thread.
  init(_ program: Program, slotCount: Int, steps: Int) {
    (self.program, self.slotCount, stepsLeft) = (program, slotCount, steps)
    current = Threads(most: program.consumerCount, slotCount: slotCount)
    next = current
    seen = [UInt32](repeating: 0, count: program.instructions.count)
    captured = [Int32](repeating: -1, count: slotCount)
    match = captured
    answers = [UInt64](repeating: 0, count: program.sets.count)
    let words = program.instructions.count + 2 * program.sets.count + 2 * program.consumerCount * (1 + slotCount)
    stepsLeft -= Self.stepsToBegin + words / Self.wordsForOneStep
    stepsForSlots = slotCount / Self.wordsForOneStep
  }

  /// The slots of the leftmost match that Perl would prefer; nil when there is none.
  mutating func search(_ bytes: Span<UInt8>, from start: Int) throws(PatternError) -> [Int32]? {
    let instructions = program.instructions
    let code = instructions.span
    var place = start
    while true {
      if next.count == 0 {
        if hasMatched || (program.isAnchored && place > 0) { return hasMatched ? match : nil }
        place = skip(bytes, from: place)
      }
      if !hasMatched {
        for slot in 0..<slotCount { captured[slot] = -1 }
        follow(0, at: place, in: bytes, code)
      }
      swap(&current, &next)
      next.count = 0
      let decoded = place < bytes.count ? Decoded.after(place, in: bytes) : nil
      generation += 1
      step(over: decoded.map { letter($0.scalar) }, behind: place + (decoded?.length ?? 0), in: bytes, code)
      guard stepsLeft > 0 else { throw PatternError(.tooManySteps, at: place) }
      guard let decoded else { return hasMatched ? match : nil }
      place += decoded.length
    }
  }

  /// To where a match can begin.
  private mutating func skip(_ bytes: Span<UInt8>, from start: Int) -> Int {
    guard let firstBytes = program.firstBytes, !program.isAnchored else { return start }
    var place = start
    while place < bytes.count, !firstBytes.contains(bytes[place]) { place &+= 1 }
    stepsLeft &-= (place - start) / Self.skippedForOneStep
    return place
  }

  @inline(__always)
  private mutating func letter(_ scalar: UInt32) -> Letter {
    if scalar >= 0x80 {
      if program.foldsCase { stepsLeft &-= Letter.caseSteps }
      if program.asksClasses { stepsLeft &-= Letter.classSteps * (program.foldsCase ? 3 : 1) }
    }
    return Letter(scalar, foldsCase: program.foldsCase, asksClasses: program.asksClasses)
  }

  /// Every thread takes the scalar, or ends. One that has matched ends all that are less preferred.
  private mutating func step(
    over letter: Letter?, behind place: Int, in bytes: Span<UInt8>, _ code: Span<Program.Instruction>
  ) {
    for thread in 0..<current.count {
      let at = Int(current.places[thread])
      let slots = thread &* slotCount
      if case .match = code[at] {
        for slot in 0..<slotCount { match[slot] = current.slots[slots &+ slot] }
        hasMatched = true
        return
      }
      guard let letter, takes(letter, with: code[at]) else { continue }
      for slot in 0..<slotCount { captured[slot] = current.slots[slots &+ slot] }
      follow(at + 1, at: place, in: bytes, code)
    }
  }

  @inline(__always)
  private mutating func takes(_ letter: Letter, with instruction: Program.Instruction) -> Bool {
    switch instruction {
    case .scalar(let wanted): letter.scalar == wanted
    case .folded(let wanted): letter.lower == wanted
    case .notLineFeed: letter.scalar != 0x0a
    case .everything: true
    case .set(let number):
      letter.scalar < 0x80 ? program.asciiSets[Int(number)].contains(letter.scalar) : ask(Int(number), letter)
    case .split, .jump, .save, .assert, .match: false
    }
  }

  /// Many threads may wait at copies of one class: it is asked for the first of them.
  private mutating func ask(_ set: Int, _ letter: Letter) -> Bool {
    if answers[set] >> 1 == UInt64(generation) { return answers[set] & 1 == 1 }
    stepsLeft &-= program.sets[set].steps
    let takes = program.sets[set].contains(letter)
    answers[set] = UInt64(generation) << 1 | (takes ? 1 : 0)
    return takes
  }

  private mutating func holds(_ assertion: PatternNode.Assertion, at place: Int, in bytes: Span<UInt8>) -> Bool {
    guard assertion == .wordBoundary || assertion == .noWordBoundary else {
      return assertion.holds(at: place, in: bytes)
    }
    if boundary.place != place {
      stepsLeft &-= 2 * Letter.classSteps
      boundary = (place, PatternNode.Assertion.wordBoundary.holds(at: place, in: bytes))
    }
    return boundary.isThere == (assertion == .wordBoundary)
  }

  /// Follows a thread to all the instructions that it can reach without a scalar, in order of preference, into `next`.
  /// Where another thread, a more preferred one, has been before, it ends.
  @inline(__always)
  private mutating func follow(
    _ start: Int, at place: Int, in bytes: Span<UInt8>, _ code: Span<Program.Instruction>
  ) {
    follow(chain: start, at: place, in: bytes, code)
    while let opened = open.popLast() {
      switch opened {
      case .restore(let slot, let value): captured[Int(slot)] = value
      case .follow(let instruction): follow(chain: Int(instruction), at: place, in: bytes, code)
      }
    }
  }

  private mutating func follow(
    chain start: Int, at place: Int, in bytes: Span<UInt8>, _ code: Span<Program.Instruction>
  ) {
    var at = start
    while seen[at] != generation {
      seen[at] = generation
      stepsLeft &-= 1
      switch code[at] {
      case .jump(let target): at = Int(target)
      case .split(let preferred, let other):
        open.append(.follow(other))
        at = Int(preferred)
      case .save(let slot):
        if slot < slotCount {
          open.append(.restore(slot: slot, captured[Int(slot)]))
          captured[Int(slot)] = Int32(truncatingIfNeeded: place)
        }
        at += 1
      case .assert(let assertion):
        guard holds(assertion, at: place, in: bytes) else { return }
        at += 1
      case .scalar, .folded, .notLineFeed, .everything, .set, .match:
        stepsLeft &-= stepsForSlots
        next.append(at, captured)
        return
      }
    }
  }
}

extension PikeMachine {
  /// What is still to be done for the thread that is being followed.
  private enum Open {
    case follow(Int32)
    case restore(slot: Int32, Int32)
  }

  /// In order of preference. The arrays are as long as they can ever have to be, so that nothing grows in a search.
  private struct Threads {
    var count = 0
    private(set) var places: [Int32]
    /// `slotCount` of them for each thread.
    private(set) var slots: [Int32]

    init(most: Int, slotCount: Int) {
      places = [Int32](repeating: 0, count: most)
      slots = [Int32](repeating: 0, count: most * slotCount)
    }

    @inline(__always)
    mutating func append(_ place: Int, _ captured: [Int32]) {
      places[count] = Int32(truncatingIfNeeded: place)
      let start = count &* captured.count
      for slot in 0..<captured.count { slots[start &+ slot] = captured[slot] }
      count += 1
    }
  }
}

extension PatternNode.Assertion {
  func holds(at place: Int, in bytes: Span<UInt8>) -> Bool {
    switch self {
    case .textStart: return place == 0
    case .textEnd: return place == bytes.count
    case .textEndOrLastLineFeed:
      return place == bytes.count || (place == bytes.count - 1 && bytes[place] == 0x0a)
    case .lineStart: return place == 0 || bytes[place - 1] == 0x0a
    case .lineEnd: return place == bytes.count || bytes[place] == 0x0a
    case .wordBoundary, .noWordBoundary:
      let before = Decoded.before(place, in: bytes).map { ScalarClass.word.contains($0) } ?? false
      let after = place < bytes.count && ScalarClass.word.contains(Decoded.after(place, in: bytes).scalar)
      return (before != after) == (self == .wordBoundary)
    }
  }
}
