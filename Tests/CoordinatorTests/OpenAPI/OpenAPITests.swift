import Batch
import Contract
import HTTP
import JSON
import Testing

@testable import Coordinator

@Suite("The description of a coordinator's API", .timeLimit(.minutes(2)))
struct OpenAPITests {
  private static let id = "0197a000-0000-7000-8000-000000000000"

  private let api = DescribedAPI.coordinator

  @Test("it has exactly the paths of the coordinator, and of each exactly its methods and parameters")
  func routes() {
    #expect(api.routeFlaws(CoordinatorRoute.Template.allCases.map { ($0.path, $0.methods) }) == [])
    for template in CoordinatorRoute.Template.allCases {
      let parts = template.path.split(separator: "/").map { $0.hasPrefix("{") ? Self.id : String($0) }
      #expect(CoordinatorRoute(parts)?.template == template)
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

  @Test("the fields of a task may all stand in the query of a submission")
  func defaults() {
    for path in ["/batches", "/batches/{id}/tasks"] {
      let pointers = api.items[path]?["post"]?["parameters"]?.elements?.compactMap { $0["$ref"]?.string } ?? []
      for name in TaskFields.names { #expect(pointers.contains("#/components/parameters/\(name)"), "\(path) \(name)") }
    }
    let fields = api.schemas["TaskFields"]?["properties"]?.members?.map(\.key.string) ?? []
    #expect(Set(fields) == Set(TaskFields.names))
  }

  @Test("the codes that a task may fail with are the contract's")
  func codes() {
    let described = api.schemas["ErrorCode"]?["enum"]?.elements?.compactMap(\.string) ?? []
    #expect(Set(described) == Set(ErrorCode.allCases.map(\.rawValue)))
  }

  @Test(
    "what its schema refuses the coordinator refuses too",
    arguments: [
      "7", #"{"tasks":{}}"#, #"{"tasks":[7]}"#, #"{"tasks":[{"task":"echo","odd":1}]}"#, #"{"tasks":[],"odd":1}"#,
      #"{"tasks":[{"task":"echo","attempts":0}]}"#, #"{"tasks":[{"task":"echo","priority":101}]}"#,
      #"{"tasks":[{"task":"echo","key":"k","limit":{}}]}"#, #"{"tasks":[{"task":7}]}"#, #"{"tasks":[],"name":""}"#,
      #"{"tasks":[{"task":"echo"}],"callback_url":"ftp://a/"}"#, #"{"tasks":[{"task":"echo"}],"open":1}"#,
      #"{"tasks":[{"task":"echo"}],"defaults":{"odd":1}}"#, #"{"template":{"task":"echo"},"take":[]}"#,
      #"{"template":{"task":"echo"},"take":["7"]}"#, #"{"template":7,"take":["a"]}"#,
    ])
  func refused(body: String) async throws {
    let value = try JSONValue.parse(body)
    #expect(api.faults(inRequest: value, as: "Submission") != [])
    try await TestCoordinator.run { coordinator async throws in
      #expect(try await coordinator.send("POST", "/batches", body: body).status == 400)
    }
  }

  @Test(
    "an answer that is not as it is described is found out, line by line and event by event",
    arguments: [
      ("GET", "/batches/\(id)/results", 200, "application/x-ndjson", "{\"seq\":1}\n"),
      ("GET", "/batches/\(id)/events", 200, "text/event-stream", "event: end\ndata: {\"id\":7}\n\n"),
      ("GET", "/batches/\(id)/events", 200, "text/plain", ""), ("GET", "/healthz", 201, "application/json", "{}"),
      ("POST", "/batches/\(id)/close", 409, "application/problem+json", "{}"), ("GET", "/", 200, "text/html", ""),
      ("GET", "/pools", 200, "application/json", #"{"pools":[],"odd":1}"#), ("HEAD", "/pools", 200, "", "x"),
    ])
  func found(method: String, path: String, status: Int, type: String, body: String) {
    let answer = DescribedAPI.Answer(
      method: method, path: path, status: status, headers: ["Content-Type": type], body: Array(body.utf8))
    #expect(api.faults(of: answer) != [])
  }

  @Test("a request that was taken and is not described is found out")
  func taken() {
    func faults(_ path: String, _ body: String, _ type: String, status: Int = 202) -> [String] {
      let answer = DescribedAPI.Answer(method: "POST", path: path, status: status, headers: [:], body: [])
      return api.faults(inRequest: Array(body.utf8), as: type, of: answer)
    }
    let (json, lines) = ("application/json", "application/x-ndjson")
    #expect(faults("/batches?name=a&attempts=3", #"{"task":"echo"}"#, lines) == [])
    #expect(faults("/batches?odd=1", "{}", json).count == 1)
    #expect(faults("/batches", "{\"task\":\"echo\"}\n{\"task\":7}\n", lines).count == 1)
    #expect(faults("/batches", #"{"tasks":7}"#, json).count == 1)
    #expect(faults("/batches", #"{"tasks":7}"#, json, status: 400) == [])
  }
}
