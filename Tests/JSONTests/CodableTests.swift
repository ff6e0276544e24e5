import JSON
import Testing

@Suite("Codable")
struct CodableTests {
  struct Order: Codable, Equatable {
    enum Size: String, Codable { case small, large }
    struct Line: Codable, Equatable {
      let sku: String
      var price: Double
    }
    let id: UInt64
    let size: Size
    let lines: [Line]
    var note: String?
    var tags: [String: Int]
    var matrix: [[Int?]]
    var byNumber: [Int: Bool]
    var ratio: Float
  }

  let order = Order(
    id: .max, size: .large, lines: [.init(sku: "a\"1", price: 0.1), .init(sku: "😀", price: 2)], note: nil,
    tags: ["x": 1, "y": -2], matrix: [[1, nil], []], byNumber: [7: true], ratio: 0.3)

  @Test("a type with everything in it comes back as it went")
  func roundTrip() throws {
    let value = try JSONValue.encoding(order)
    #expect(try JSONValue.parse(value.text).decode(Order.self) == order)
    #expect(value["size"]?.string == "large")
    #expect(value["note"] == nil)
    #expect(value["ratio"]?.text == "0.3")
    #expect(value["byNumber"]?.text == #"{"7":true}"#)
  }

  @Test("enums with payloads come back as they went")
  func enums() throws {
    enum Shape: Codable, Equatable {
      case circle(radius: Double)
      case square(Int, String)
      case point
    }
    let shapes: [Shape] = [.circle(radius: 1.5), .square(2, "b"), .point]
    let value = try JSONValue.encoding(shapes)
    #expect(value.text == #"[{"circle":{"radius":1.5}},{"square":{"_0":2,"_1":"b"}},{"point":{}}]"#)
    #expect(try value.decode([Shape].self) == shapes)
  }

  @Test("scalars stand alone")
  func scalars() throws {
    #expect(try JSONValue.encoding("a").text == "\"a\"")
    #expect(try JSONValue.encoding(Int?.none).text == "null")
    #expect(try JSONValue.parse("null").decode(Int?.self) == nil)
    #expect(try JSONValue.parse("3.0").decode(UInt8.self) == 3)
    #expect(try JSONValue.parse("[1,2]").decode(Set<Int>.self) == [1, 2])
  }

  @Test("a JSONValue inside a type keeps its bytes")
  func rawMember() throws {
    struct Task: Codable {
      let task: String
      let args: JSONValue
      let extra: JSONValue?
    }
    let value = try JSONValue.parse(#"{"task":"echo","args":[1.0, 1e400],"extra":null}"#)
    let task = try value.decode(Task.self)
    #expect(task.args.text == "[1.0, 1e400]")
    #expect(task.extra == nil)
    #expect(try JSONValue.encoding(task).text == #"{"task":"echo","args":[1.0, 1e400]}"#)
    #expect(try JSONValue.encoding(task.args).text == "[1.0, 1e400]")
    #expect(try value.decode(JSONValue.self) == value)
  }

  class Animal: Codable {
    var name = "n"
  }

  final class Dog: Animal {
    var age = 3
    enum Keys: CodingKey { case age }
    override init() { super.init() }
    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Keys.self)
      age = try container.decode(Int.self, forKey: .age)
      try super.init(from: container.superDecoder())
    }
    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Keys.self)
      try container.encode(age, forKey: .age)
      try super.encode(to: container.superEncoder())
    }
  }

  @Test("a class hierarchy uses the member super")
  func classes() throws {
    let value = try JSONValue.encoding(Dog())
    #expect(value.text == #"{"age":3,"super":{"name":"n"}}"#)
    #expect(try value.decode(Dog.self).name == "n")
  }

  @Test("nested containers may be filled by turns")
  func nestedContainers() throws {
    struct Odd: Codable, Equatable {
      enum Keys: CodingKey { case a, b }
      init() {}
      func encode(to encoder: any Encoder) throws {
        var top = encoder.container(keyedBy: Keys.self)
        var a = top.nestedUnkeyedContainer(forKey: .a)
        var b = top.nestedContainer(keyedBy: Keys.self, forKey: .b)
        try a.encode(1)
        try b.encode("x", forKey: .a)
        try a.encodeNil()
        try b.encodeNil(forKey: .b)
      }
      init(from decoder: any Decoder) throws {
        let top = try decoder.container(keyedBy: Keys.self)
        var a = try top.nestedUnkeyedContainer(forKey: .a)
        #expect(try a.decodeNil() == false)
        #expect(try a.decode(Int.self) == 1)
        #expect(try a.decodeNil())
        #expect(a.isAtEnd)
        let b = try top.nestedContainer(keyedBy: Keys.self, forKey: .b)
        #expect(try b.decodeIfPresent(String.self, forKey: .a) == "x")
        #expect(try b.decodeIfPresent(String.self, forKey: .b) == nil)
      }
    }
    let value = try JSONValue.encoding(Odd())
    #expect(value.text == #"{"a":[1,null],"b":{"a":"x","b":null}}"#)
    _ = try value.decode(Odd.self)
  }

  @Test("an empty struct is an empty object")
  func empty() throws {
    struct Nothing: Codable {}
    #expect(try JSONValue.encoding(Nothing()).text == "{}")
    _ = try JSONValue.parse("{}").decode(Nothing.self)
  }

  @Test(
    "a value that does not fit says where and why",
    arguments: [
      (#"{"sku":1,"price":1}"#, "sku", "expected a string, found number"),
      (#"{"sku":"a","price":"1"}"#, "price", "expected a number, found string"),
      (#"{"sku":"a","price":null}"#, "price", "expected a number, found null"),
      (#"{"sku":"a","price":1e400}"#, "price", "1e400 does not fit in Double"),
      (#"{"sku":"a"}"#, "", #"there is no member "price""#), ("[]", "", "expected an object, found array"),
    ])
  func mismatches(_ text: String, _ path: String, _ message: String) throws {
    do {
      _ = try JSONValue.parse(text).decode(Order.Line.self)
      Issue.record("decoded")
    } catch let error as DecodingError {
      let context: DecodingError.Context
      switch error {
      case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
        .dataCorrupted(let found):
        context = found
      @unknown default: return
      }
      #expect(context.codingPath.map(\.stringValue).joined(separator: ".") == path)
      #expect(context.debugDescription == message)
    }
  }

  @Test("infinity cannot be encoded")
  func infinity() {
    #expect(throws: EncodingError.self) { try JSONValue.encoding([Double.infinity]) }
    #expect(throws: EncodingError.self) { try JSONValue.encoding(Float.nan) }
  }

  @Test("an object of any size is read by its names, the last of two counting")
  func sizes() throws {
    for size in [0, 1, 15, 16, 17, 40] {
      let members = (0..<size).map { "\"k\($0)\":0,\"k\($0)\":\($0)" }.joined(separator: ",")
      let decoded = try JSONValue.parse("{\(members)}").decode([String: Int].self)
      #expect(decoded == Dictionary(uniqueKeysWithValues: (0..<size).map { ("k\($0)", $0) }))
    }
  }

  @Test("an error deep inside names the whole way there")
  func deepPath() throws {
    struct Outer: Codable { let list: [[String: Order.Line]] }
    let value = try JSONValue.parse(#"{"list":[{},{"x":{"sku":"a","price":true}}]}"#)
    let error = #expect(throws: DecodingError.self) { try value.decode(Outer.self) }
    guard case .typeMismatch(_, let context) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(context.codingPath.map(\.stringValue) == ["list", "1", "x", "price"])
  }
}
