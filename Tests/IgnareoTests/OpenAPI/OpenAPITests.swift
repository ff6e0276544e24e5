import Contract
import JSON
import Testing

@testable import Ignareo

@Suite("The description of the API", .timeLimit(.minutes(2)))
struct OpenAPITests {
  /// The built-in types, a user's own, a worker, and one that says nothing of its arguments.
  private static var types: TaskTypes {
    struct Order: Decodable, Sendable {
      let sku: String
      let count: Int?
    }
    var types = TaskTypes.withBlocks
    types.register("shop.order", repeatable: false, summary: "orders") { (order: Order, _) in order.sku }
    types.registerWorker("py-1", command: "cat")
    return types
  }

  private let api: DescribedAPI

  init() throws { api = try DescribedAPI.of(Self.types) }

  @Test("it has exactly the paths of the node, and of each exactly its methods and parameters")
  func routes() {
    #expect(api.routeFlaws(NodeRoute.Template.allCases.map { ($0.path, $0.methods) }) == [])
    for template in NodeRoute.Template.allCases {
      let parts = template.path.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }
      #expect(NodeRoute(parts)?.template == template)
    }
  }

  @Test("every operation has a name of its own, a summary, and an answer for when all goes well")
  func whole() { #expect(api.operationFlaws == []) }

  @Test("every reference leads somewhere")
  func references() { #expect(api.referenceFlaws == []) }

  @Test("every example is as its schema says")
  func examples() {
    let (seen, flaws) = api.exampleFlaws
    #expect(seen > 12 && flaws == [])
  }

  @Test("every registered type's tasks are described with the type's own schema, its pointers within the document")
  func types() throws {
    for type in Self.types.inOrder {
      let arguments = try #require(api.schemas["Arguments.\(type.name)"])
      if type.name != "flow" && type.name != "block" { #expect(arguments == type.schema, "\(type.name)") }
      #expect(api.schemas["Task.\(type.name)"]?["description"]?.string == type.summary)
    }
    let choices = try #require(api.schemas["Task"]?.at(pointer: "/allOf/1/oneOf")?.elements)
    #expect(choices.count == Self.types.names.count)
    let steps = try #require(api.schemas["Arguments.flow"]?.at(pointer: "/properties/steps/items/$ref")?.string)
    #expect(steps == "#/components/schemas/Arguments.flow/$defs/step")
    #expect(api.schemas["Arguments.block"]?.bool == true)
    #expect(api.schemas["Arguments.shop.order"]?["required"]?.text == #"["sku"]"#)
  }

  @Test(
    "what the node takes as a task is one by its schema",
    arguments: [
      #"{"task":"echo"}"#, #"{"task":"echo","args":null}"#, #"{"task":"py-1","args":[1,{"a":"b"}]}"#,
      #"{"task":"echo","args":1,"id":"mine","key":"k","limit":{"rate_per_s":0.5},"timeout_s":0.1,"attempts":1000}"#,
      #"{"task":"echo","id":null,"key":null,"limit":null,"timeout_s":null,"attempts":null,"repeatable":null}"#,
      #"{"task":"echo","priority":-100,"repeatable":false,"key":"@host","limit":{"concurrency":1,"rate_per_s":1}}"#,
      #"{"task":"sleep","args":{"seconds":0}}"#, #"{"task":"fail"}"#,
      #"{"task":"fail","args":{"code":"dns","message":"m","times":3}}"#,
      #"{"task":"http","args":{"url":"http://a/","headers":{"X":"y","Z":["1","2"]},"expect_status":[200,"300-399"]}}"#,
      #"{"task":"http","args":{"url":"http://a/","method":"POST","json":{"a":1},"want":["status","json"]}}"#,
      #"{"task":"http","args":{"url":"HTTPS://a?x","body":null,"form":{"a":[1,null]},"method":null,"proxy":null}}"#,
      #"{"task":"http","args":{"url":"http://a/","json":null,"form":null,"timeout_s":null,"want":null}}"#,
      #"{"task":"flow","args":{"vars":{"b":"http://a"},"steps":[{"get":"{{b}}/x","headers":{"X":"{{b}}"}}]}}"#,
      #"{"task":"flow","args":{"steps":[{"get":"http://a/","as":"x"},{"sleep_s":0.1}],"return":"{{x.status}}"}}"#,
      #"{"task":"shop.order","args":{"sku":"a"}}"#, #"{"task":"block","args":7}"#,
    ])
  func taken(task: String) throws {
    let value = try JSONValue.parse(task)
    #expect(throws: Never.self) { try TaskDraft(value, types: Self.types) }
    #expect(api.faults(inRequest: value, as: "Task") == [])
  }

  @Test(
    "what its schema refuses the node refuses too",
    arguments: [
      "7", "{}", #"{"task":"nope"}"#, #"{"task":7}"#, #"{"task":"echo","odd":1}"#, #"{"task":"echo","id":7}"#,
      #"{"task":"echo","timeout_s":0}"#, #"{"task":"echo","timeout_s":2592001}"#, #"{"task":"echo","attempts":0}"#,
      #"{"task":"echo","attempts":1.5}"#, #"{"task":"echo","priority":101}"#, #"{"task":"echo","repeatable":"yes"}"#,
      #"{"task":"echo","limit":{"rate_per_s":1}}"#, #"{"task":"echo","key":"k","limit":{}}"#,
      #"{"task":"echo","key":"k","limit":{"rate":1}}"#, #"{"task":"echo","key":null,"limit":{"concurrency":1}}"#,
      #"{"task":"sleep"}"#, #"{"task":"sleep","args":{}}"#, #"{"task":"sleep","args":{"seconds":-1}}"#,
      #"{"task":"fail","args":{"code":"odd"}}"#, #"{"task":"http"}"#, #"{"task":"http","args":{"url":7}}"#,
      #"{"task":"http","args":{"url":"http://a/","want":["all"]}}"#, #"{"task":"http","args":{"url":"ftp://a/"}}"#,
      #"{"task":"http","args":{"url":"http://a/","json":null,"form":{}}}"#,
      #"{"task":"http","args":{"url":"http://a/","expect_status":"2xx"}}"#,
      #"{"task":"http","args":{"url":"http://a/","headers":{"a b":"c"}}}"#,
      #"{"task":"flow","args":{"steps":[{"get":"nowhere"}]}}"#,
      #"{"task":"flow","args":{"vars":{"a b":1},"steps":[{"sleep_s":0}]}}"#, #"{"task":"flow","args":{"steps":[]}}"#,
      #"{"task":"flow","args":{"steps":[{"odd":1}]}}"#, #"{"task":"shop.order","args":{"count":1}}"#,
    ])
  func refused(task: String) throws {
    let value = try JSONValue.parse(task)
    #expect(api.faults(inRequest: value, as: "Task") != [])
    #expect(throws: TaskFailure.self) { try TaskDraft(value, types: Self.types) }
  }

  @Test("the checker that these tests rely on finds what is missing, too much, of another type or of another form")
  func checker() throws {
    func faults(_ value: String, _ schema: String, strict: Bool = true) throws -> Int {
      let checker = SchemaChecker(schemas: ["N": try JSONValue.parse(#"{"type":"integer"}"#)], isStrict: strict)
      return checker.faults(of: try JSONValue.parse(value), by: try JSONValue.parse(schema)).count
    }
    let object = ##"{"type":"object","required":["a"],"properties":{"a":{"$ref":"#/components/schemas/N"}}}"##
    #expect(try faults(#"{"a":1}"#, object) == 0 && faults(#"{"a":1.5}"#, object) == 1)
    #expect(try faults(#"{"a":1,"b":2}"#, object) == 1 && faults(#"{"a":1,"b":2}"#, object, strict: false) == 0)
    #expect(try faults("{}", object) == 1 && faults("[]", object) == 1)
    #expect(try faults(#"{"a":1,"b":2}"#, #"{"allOf":[\#(object)],"properties":{"b":{}}}"#) == 0)
    #expect(try faults("1", #"{"oneOf":[{"type":"integer"},{"const":1}]}"#) == 1)
    #expect(try faults(#"["a",1]"#, #"{"items":{"type":"string"}}"#) == 1)
    #expect(try faults(#""x""#, #"{"format":"uuid"}"#) == 1 && faults("1", #"{"odd":1}"#) == 1)
    #expect(try faults("1", ##"{"$ref":"#/components/schemas/Nowhere"}"##) == 1)
  }
}
