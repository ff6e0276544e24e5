/// A set of byte values.
struct ByteSet: Sendable {
  private var words: [4 of UInt64] = [0, 0, 0, 0]

  mutating func insert(_ set: ASCIISet) {
    words[0] |= set.words.low
    words[1] |= set.words.high
  }

  mutating func insertBeyondASCII() { (words[2], words[3]) = (.max, .max) }

  mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }
}

/// What a match can begin with: where no thread is alive, the machine skips to such a byte.
enum FirstBytes {
  /// - Returns: the bytes, nil when a match may begin with any or take nothing; and whether the text's start is the
  ///   only place where one can begin.
  static func of(_ program: Program) -> (bytes: ByteSet?, isAnchored: Bool) {
    var bytes: ByteSet? = ByteSet()
    var isAnchored = true
    var seen = [Bool](repeating: false, count: 2 * program.instructions.count)
    var open = [(place: 0, isBehindStart: false)]
    while let (place, isBehindStart) = open.popLast() {
      let state = 2 * place + (isBehindStart ? 1 : 0)
      if seen[state] { continue }
      seen[state] = true
      switch program.instructions[place] {
      case .split(let first, let second):
        open += [(Int(first), isBehindStart), (Int(second), isBehindStart)]
      case .jump(let target): open.append((Int(target), isBehindStart))
      case .save: open.append((place + 1, isBehindStart))
      case .assert(.textStart): open.append((place + 1, true))
      case .assert: open.append((place + 1, isBehindStart))
      case .match:
        bytes = nil
        isAnchored = isAnchored && isBehindStart
      case let consuming:
        add(consuming, of: program, to: &bytes)
        isAnchored = isAnchored && isBehindStart
      }
    }
    return (bytes, isAnchored)
  }

  private static func add(_ instruction: Program.Instruction, of program: Program, to bytes: inout ByteSet?) {
    if case .scalar(let scalar) = instruction, scalar != Decoded.replacement {
      if let first = Unicode.Scalar(scalar).flatMap({ UTF8.encode($0) })?.first { bytes?.insert(first) }
      return
    }
    bytes?.insert(program.asciiTaken(by: instruction))
    // What lies beyond ASCII is not worth telling apart here.
    bytes?.insertBeyondASCII()
  }
}
