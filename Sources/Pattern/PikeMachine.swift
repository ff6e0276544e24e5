/// Searches with all threads of a program at once, one scalar after the other: R. Pike's machine, as in R. Cox,
/// "Regular Expression Matching: the Virtual Machine Approach" (2009).
///
/// No two threads stand at one instruction, so a scalar costs at most as many steps as the program has instructions,
/// whatever the pattern. The threads are kept in order of preference; each carries what its groups captured.
struct PikeMachine {
  /// Bytes that are skipped in about the time of one step.
  private static let skippedForOneStep = 16

  private let program: Program
  private let slotCount: Int
  /// What is left of the search's budget.
  private(set) var stepsLeft: Int
  /// The threads of the position that is being stepped over, and of the one behind it.
  private var current: Threads
  private var next: Threads
  /// By instruction: the generation in which a thread last came there. A position is one generation.
  private var seen: [UInt32]
  private var generation: UInt32 = 1
  private var open: [Open] = []
  /// What the thread that is being followed has captured; -1 for nothing.
  private var captured: [Int32]

  /// - Parameter slotCount: how many of the program's slots are noted; each costs every thread.
  init(_ program: Program, slotCount: Int, steps: Int) {
    (self.program, self.slotCount, stepsLeft) = (program, slotCount, steps)
    current = Threads(most: program.consumerCount, slotCount: slotCount)
    next = current
    seen = [UInt32](repeating: 0, count: program.instructions.count)
    captured = [Int32](repeating: -1, count: slotCount)
  }

  /// The slots of the leftmost match that Perl would prefer; nil when there is none.
  mutating func search(_ bytes: Span<UInt8>, from start: Int) throws(PatternError) -> [Int32]? {
    let instructions = program.instructions
    let code = instructions.span
    var match: [Int32]?
    var place = start
    while true {
      if next.count == 0 {
        if match != nil || (program.isAnchored && place > 0) { return match }
        place = skip(bytes, from: place)
      }
      if match == nil {
        for slot in 0..<slotCount { captured[slot] = -1 }
        follow(0, at: place, in: bytes, code)
      }
      swap(&current, &next)
      next.count = 0
      let decoded = place < bytes.count ? Decoded.after(place, in: bytes) : nil
      generation += 1
      step(over: decoded, behind: place + (decoded?.length ?? 0), in: bytes, code, match: &match)
      guard stepsLeft > 0 else { throw PatternError(.tooManySteps, at: place) }
      guard let decoded else { return match }
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

  /// Every thread takes the scalar, or ends. One that has matched ends all that are less preferred.
  private mutating func step(
    over decoded: Decoded?, behind place: Int, in bytes: Span<UInt8>, _ code: Span<Program.Instruction>,
    match: inout [Int32]?
  ) {
    for thread in 0..<current.count {
      let at = Int(current.places[thread])
      let slots = thread &* slotCount
      if case .match = code[at] {
        match = Array(current.slots[slots..<slots + slotCount])
        return
      }
      guard let decoded, program.takes(decoded.scalar, with: code[at]) else { continue }
      for slot in 0..<slotCount { captured[slot] = current.slots[slots &+ slot] }
      follow(at + 1, at: place, in: bytes, code)
    }
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
        guard assertion.holds(at: place, in: bytes) else { return }
        at += 1
      case .scalar, .folded, .notLineFeed, .everything, .set, .match:
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
