import JSON
import Testing

@Suite("JSON's numbers")
struct NumberTests {
  @Test(
    "a whole number is an Int however it is written",
    arguments: [
      ("0", 0), ("-0", 0), ("-0.0e7", 0), ("42", 42), ("-7", -7), ("3.0", 3), ("3e2", 300), ("1.5e1", 15),
      ("1500e-2", 15),
      ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min), ("9223372036854775808", nil),
      ("-9223372036854775809", nil), ("0.5", nil), ("1e19", nil), ("1e18", 1_000_000_000_000_000_000), ("1e400", nil),
      ("1e999999999999999999999", nil), ("1e-999999999999999999999", nil), ("0e999999999999999999999", 0),
    ] as [(String, Int?)])
  func integers(_ text: String, _ expected: Int?) throws {
    #expect(try JSONValue.parse(text).int == expected)
  }

  @Test("an integer fits its type or is nil")
  func widths() throws {
    #expect(try JSONValue.parse("255").integer(as: UInt8.self) == 255)
    #expect(try JSONValue.parse("256").integer(as: UInt8.self) == nil)
    #expect(try JSONValue.parse("-1").integer(as: UInt64.self) == nil)
    #expect(try JSONValue.parse("-0").integer(as: UInt64.self) == 0)
    #expect(try JSONValue.parse("18446744073709551615").integer(as: UInt64.self) == .max)
    #expect(try JSONValue.parse("170141183460469231731687303715884105727").integer(as: Int128.self) == .max)
  }

  @Test(
    "a double is the nearest one",
    arguments: [
      ("0.1", 0.1), ("-2.5e-3", -0.0025), ("1e22", 1e22), ("1e23", 1e23), ("9007199254740993", 9_007_199_254_740_992),
      ("123456789012345678901234567890", 0x1.8ee90ff6c373ep+96), ("5e-324", .leastNonzeroMagnitude), ("1e-400", 0),
      ("2.2250738585072011e-308", Double.leastNormalMagnitude.nextDown),
      ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("0.1000000000000000055511151231257827021181583404541015625", 0.1), ("1e400", nil), ("-1e400", nil),
      ("0.00000000000000000001", 1e-20), ("3.1415926535897932384626", .pi),
    ] as [(String, Double?)])
  func doubles(_ text: String, _ expected: Double?) throws {
    #expect(try JSONValue.parse(text).double == expected)
  }

  @Test("minus zero keeps its sign as a double")
  func minusZero() throws {
    #expect(try JSONValue.parse("-0").double?.sign == .minus)
    #expect(try JSONValue.parse("-0.0").double?.sign == .minus)
  }

  @Test("a number beyond every type keeps its bytes")
  func rawNumbers() throws {
    #expect(try JSONValue.parse(" 1e400 ").text == "1e400")
    #expect(try JSONValue.parse("-123456789012345678901234567890.5").text == "-123456789012345678901234567890.5")
  }

  @Test(
    "values are equal when they mean the same",
    arguments: [
      ("1", "1.0"), ("1", "10e-1"), ("100", "1e2"), ("0", "-0.0"), ("1e400", "10e399"), ("0.1", "0.10"),
      (#""é""#, #""\u00e9""#), (#""/""#, #""\/""#), ("[1, 2]", "[1.0,2]"),
      (#"{"a":1,"b":2}"#, #"{ "b":2.0, "\u0061":1 }"#),
      (#"{"a":1,"a":2}"#, #"{"a":2}"#), ("null", " null"),
    ])
  func equal(_ left: String, _ right: String) throws {
    #expect(try JSONValue.parse(left) == JSONValue.parse(right))
  }

  @Test(
    "values that mean different things differ",
    arguments: [
      ("1", "2"), ("1", "-1"), ("1", "\"1\""), ("9007199254740993", "9007199254740992"), ("1e400", "1e401"),
      ("0.1", "0.1000000000000000055511151231257827"), ("true", "false"), ("null", "false"), ("[1,2]", "[2,1]"),
      ("[1]", "[1,1]"), (#"{"a":1}"#, #"{"a":1,"b":1}"#), (#"{"a":1}"#, #"{"b":1}"#), ("\"a\"", "\"A\""), ("{}", "[]"),
      (#""é""#, #""e\u0301""#), (#"{"é":1}"#, #"{"e\u0301":1}"#),
    ])
  func different(_ left: String, _ right: String) throws {
    #expect(try JSONValue.parse(left) != JSONValue.parse(right))
  }
}
