import JSON
import Testing

/// As it is defined, part by part.
private func areEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
  guard left.kind == right.kind else { return false }
  switch left.kind {
  case .array:
    let (left, right) = (left.elements!, right.elements!)
    return left.count == right.count && zip(left, right).allSatisfy(areEqual)
  case .object:
    let (left, right) = (lastMembers(left), lastMembers(right))
    return left.count == right.count
      && left.allSatisfy { name, value in right[name].map { areEqual(value, $0) } ?? false }
  case .string: return left.string!.utf8.elementsEqual(right.string!.utf8)
  case .number: return left.double == right.double
  case .bool: return left.bool == right.bool
  case .null: return true
  }
}

private func lastMembers(_ value: JSONValue) -> [[UInt8]: JSONValue] {
  Dictionary(value.members!.map { (Array($0.key.string.utf8), $0.value) }) { $1 }
}

/// Values of few kinds, so that two of them are often equal, in several spellings.
private struct ValueMaker {
  var state: UInt64

  mutating func pick(_ texts: [String]) -> String { texts[number(below: texts.count)] }

  private mutating func number(below bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }

  mutating func value(depth: Int) -> String {
    let space = pick(["", "", " ", "\n"])
    switch number(below: depth > 0 ? 4 : 2) {
    case 0: return pick(["1", "1.0", "10e-1", "-0", "0", "true", "null", "false"])
    case 1: return pick([#""a""#, #""\u0061""#, #""é""#, #""e\u0301""#, #""""#, #""\"""#])
    case 2:
      return "[" + space + (0..<number(below: 3)).map { _ in value(depth: depth - 1) }.joined(separator: ",") + "]"
    default:
      let members = (0..<number(below: 4)).map { _ in
        pick([#""a""#, #""b""#, #""\u0061""#, #""""#]) + space + ":" + value(depth: depth - 1)
      }
      return "{" + members.joined(separator: space + "," + space) + space + "}"
    }
  }
}

@Suite("Equality of meaning")
struct EqualityTests {
  @Test("spelling and order make no difference, everything else does")
  func meaning() throws {
    let cases: [(String, String, Bool)] = [
      (#"{"a":1,"b":[2,{}]}"#, #"{ "b" : [ 2.0 , { } ] , "\u0061" : 10e-1 }"#, true),
      (#"{"a":1,"a":2}"#, #"{"a":3,"a":2}"#, true), (#"{"a":1,"a":2}"#, #"{"a":2,"a":1}"#, false),
      (#"{"a":1,"b":2}"#, #"{"a":1}"#, false), (#"{"a":1}"#, #"{"a":1,"b":2}"#, false),
      (#"{"a":{"x":[1,2]},"b":0}"#, #"{"b":0,"a":{"x":[1,3]}}"#, false), ("[1,2]", "[2,1]", false),
      ("[1]", "[1,1]", false), ("[[],1]", "[[1],1]", false), ("[{}]", "[[]]", false), ("[]", "{}", false),
      (#""é""#, #""e\u0301""#, false), (#""\u00e9""#, #""é""#, true), (#""1""#, "1", false), ("-0", "0.0e9", true),
      ("true", "false", false), ("null", "false", false), (#"["]"," ["]"#, #"[ "\u005d" , " [" ]"#, true),
      ("100000000000000000001", "100000000000000000002", false), ("1e400", "10e399", true),
    ]
    for (left, right, expected) in cases {
      #expect((try JSONValue.parse(left) == JSONValue.parse(right)) == expected, "\(left) and \(right)")
      #expect((try JSONValue.parse(right) == JSONValue.parse(left)) == expected, "\(right) and \(left)")
    }
  }

  @Test("random values are equal exactly when a comparison part by part says so")
  func random() throws {
    var maker = ValueMaker(state: 7)
    let values = try (0..<250).map { _ in try JSONValue.parse(maker.value(depth: 3)) }
    for left in values {
      for right in values {
        let isRight = (left == right) == areEqual(left, right)
        #expect(isRight, "\(left) and \(right)")
      }
    }
  }

  @Test("what lies inside 250 arrays, or objects, is walked once and not once a level", .timeLimit(.minutes(1)))
  func deep() throws {
    let numbers = String(repeating: "10,", count: 250_000)
    for (open, close) in [("[", "]"), (#"{"x":0,"a":"#, "}")] {
      func text(_ last: String) -> String {
        String(repeating: open, count: 250) + "[\(numbers)\(last)]" + String(repeating: close, count: 250)
      }
      #expect(try JSONValue.parse(text("1")) != JSONValue.parse(text("2")))
      #expect(try JSONValue.parse(text("1")) == JSONValue.parse(text("1.0")))
    }
  }
}
