/// What a target asserts. A property that does not hold ends the process, and libFuzzer keeps the input.
func require(_ holds: Bool, _ property: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line) {
  if !holds { fatalError(property(), file: file, line: line) }
}

func unwrap<Value>(
  _ value: Value?, _ property: @autoclosure () -> String, file: StaticString = #file, line: UInt = #line
) -> Value {
  guard let value else { fatalError(property(), file: file, line: line) }
  return value
}

/// libFuzzer's input as an array of its own.
func input(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  Array(UnsafeBufferPointer(start: start, count: count))
}

/// How an input is cut into the pieces that a parser is given, each an array of its own, so that the address checks see
/// a step beyond it.
enum Cut {
  case whole, uneven
  /// Byte by byte, as far as that is cheap.
  case single

  /// The uneven cut depends on the input alone, so that a crash repeats.
  func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
    switch self {
    case .whole: return [bytes]
    case .single:
      let rest = Array(bytes.dropFirst(Self.singles))
      return bytes.prefix(Self.singles).map { [$0] } + (rest.isEmpty ? [] : [rest])
    case .uneven:
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
      var pieces: [[UInt8]] = []
      var place = 0
      while place < bytes.count {
        hash = hash &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let end = min(bytes.count, place + 1 + Int(hash >> 33 % 29))
        pieces.append(Array(bytes[place..<end]))
        place = end
      }
      return pieces
    }
  }

  private static let singles = 300
}
