import JSON
import Testing

@testable import Ignareo

private struct Order: Codable, Sendable {
  enum Size: String, Codable, CaseIterable { case small, large }

  struct Line: Codable, Sendable {
    var sku: String
    var count: Int
  }

  var lines: [Line]
  var size: Size
  var note: String?
  var weights: [String: Double]
}

@Suite("Codable task types")
struct CodableTests {
  @Test("a schema is learned from the type")
  func schema() {
    let schema = ArgumentSchema.of(Order.self)
    let line =
      #"{"type":"object","properties":{"sku":{"type":"string"},"count":{"type":"integer"}},"required":["sku","count"]}"#
    #expect(
      schema.text
        == #"{"type":"object","properties":{"lines":{"type":"array","items":\#(line)},"#
        + #""size":{"enum":["small","large"]},"note":{"type":"string"},"weights":{"type":"object","properties":{}}},"#
        + #""required":["lines","size","weights"]}"#)
    #expect(ArgumentSchema.of(Int.self).text == #"{"type":"integer"}"#)
    #expect(ArgumentSchema.of(AnyJSON.self).text == "{}")
    #expect(ArgumentSchema.of([String].self).text == #"{"type":"array","items":{"type":"string"}}"#)
  }

  @Test("a type that holds itself has a schema too")
  func recursive() {
    struct Tree: Decodable { var children: [Tree] }
    #expect(ArgumentSchema.of(Tree.self)["type"]?.string == "object")
  }

  @Test(
    "arguments that do not fit are refused with their place",
    arguments: [
      (#"{"lines":[{"sku":"a","count":"x"}],"size":"small","weights":{}}"#, "/lines/0/count"),
      (#"{"lines":[],"weights":{}}"#, "/size"), (#"{"lines":[],"size":"huge","weights":{}}"#, "/size"), ("[]", ""),
      (#"{"lines":null,"size":"small","weights":{}}"#, "/lines"),
    ])
  func refused(json: String, pointer: String) throws {
    let value = try JSONValue.parse(json)
    do {
      _ = try CodableArguments.decode(Order.self, from: value)
      Issue.record("\(json) was taken")
    } catch {
      #expect(error.code == .badArguments)
      #expect(error.pointer == pointer)
    }
  }

  @Test("any JSON goes through Codable types as it is")
  func anyJSON() throws {
    struct Envelope: Codable { var payload: AnyJSON }
    let envelope = try JSONValue.parse(#"{"payload":{"b":1e400,"a":[null]}}"#).decode(Envelope.self)
    #expect(envelope.payload.text == #"{"b":1e400,"a":[null]}"#)
    #expect(try JSONValue.encoding(envelope).text == #"{"payload":{"b":1e400,"a":[null]}}"#)
    #expect(envelope.payload.at(pointer: "/a/0")?.isNull == true)
    #expect(throws: TaskFailure.self) { try AnyJSON(parsing: "{") }
  }
}
