import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("Bad input to a socket, and who may open one", .timeLimit(.minutes(2)))
struct SocketInputTests {
  /// A message that is not as it must be, and what of it the answer names.
  struct Bad: CustomTestStringConvertible {
    let message: String
    let code: String
    var pointer: String?
    var submittedID: String?

    var testDescription: String { String(message.prefix(60)) }

    static let all = [
      Bad(message: "", code: "invalid_json"), Bad(message: "{\"register\":", code: "invalid_json"),
      Bad(message: "nonsense", code: "invalid_json"),
      Bad(message: #"{"register":{"task":"echo"}}{}"#, code: "invalid_json"),
      Bad(message: "7", code: "bad_message", pointer: ""), Bad(message: "[]", code: "bad_message", pointer: ""),
      Bad(message: "{}", code: "bad_message", pointer: ""),
      Bad(message: #"{"submit":{"task":"echo"}}"#, code: "bad_message", pointer: "/submit"),
      Bad(message: #"{"a/b~c":1}"#, code: "bad_message", pointer: "/a~1b~0c"),
      Bad(
        message: #"{"register":{"task":"echo","id":"x"},"more":1}"#, code: "bad_message", pointer: "/more",
        submittedID: "x"),
      Bad(
        message: #"{"register":{"task":"echo","id":"x"},"cancel":"y"}"#, code: "bad_message", pointer: "/cancel",
        submittedID: "x"),
      Bad(
        message: #"{"register":{"task":"echo"},"register":{"task":"echo"}}"#, code: "bad_message",
        pointer: "/register"),
      Bad(message: #"{"register":null}"#, code: "bad_arguments", pointer: "/register"),
      Bad(message: #"{"register":"echo"}"#, code: "bad_arguments", pointer: "/register"),
      Bad(message: #"{"register":{}}"#, code: "bad_arguments", pointer: "/register/task"),
      Bad(
        message: #"{"register":{"task":"nope","id":"x"}}"#, code: "unknown_task", pointer: "/register/task",
        submittedID: "x"),
      Bad(
        message: #"{"register":{"task":"echo","id":"x","odd":1}}"#, code: "bad_arguments", pointer: "/register/odd",
        submittedID: "x"),
      Bad(message: #"{"register":{"task":"echo","id":7}}"#, code: "bad_arguments", pointer: "/register/id"),
      Bad(message: #"{"register":[{"task":"echo"},7]}"#, code: "bad_arguments", pointer: "/register/1"),
      Bad(
        message: #"{"register":{"task":"echo","id":"x","args":""# + String(repeating: "a", count: 1 << 20) + "\"}}",
        code: "too_large", pointer: "/register", submittedID: "x"),
      Bad(
        message: #"{"register":[{"task":"echo","id":"x","args":""# + String(repeating: "a", count: 1 << 20) + "\"}]}",
        code: "too_large", pointer: "/register/0", submittedID: "x"),
      Bad(message: #"{"cancel":7}"#, code: "bad_message", pointer: "/cancel"),
      Bad(message: #"{"cancel":""}"#, code: "not_found", pointer: "/cancel"),
      Bad(message: #"{"cancel":"mine"}"#, code: "not_found", pointer: "/cancel"),
      Bad(message: #"{"cancel":"0197a000-0000-7000-8000-000000000000"}"#, code: "not_found", pointer: "/cancel"),
    ]
  }

  @Test("what is not as it must be is answered with a problem that names it, and the connection lives on")
  func bad() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      for bad in Bad.all {
        let answer = try await client.ask(bad.message)
        let error = try #require(answer["error"], "\(bad.testDescription)")
        #expect(error["type"]?.string == "urn:ignareo:problem:\(bad.code)", "\(bad.testDescription): \(error)")
        #expect(error["pointer"]?.string == bad.pointer, "\(bad.testDescription)")
        #expect(error["submitted_id"]?.string == bad.submittedID, "\(bad.testDescription)")
        #expect(error["detail"]?.string?.isEmpty == false && error["title"]?.string?.isEmpty == false)
        #expect((400..<500).contains(error["status"]?.int ?? 0))
      }
      #expect(client.texts.count == Bad.all.count && node.pool.table.running + node.pool.table.kept == 0)
      #expect(try await client.register(#"{"task":"echo"}"#).isEmpty == false)
    }
  }

  @Test("where a message is no JSON the place is told; who cancels by a name of its own is told which id is meant")
  func wayOut() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      let torn = try await client.ask("{\"register\":\n{\"task\":}}")["error"]
      #expect(torn?["line"]?.int == 2 && torn?["detail"]?.string?.contains("line 2, column 9") == true)
      let unknown = try await client.ask(#"{"odd":1}"#)["error"]?["detail"]?.string
      #expect(unknown?.contains("register") == true && unknown?.contains("cancel") == true)
      let mine = try await client.ask(#"{"cancel":"mine"}"#)["error"]
      #expect(mine?["detail"]?.string?.contains("registered") == true && mine?["instance"]?.string == "/tasks/mine")
      let long = String(repeating: "long", count: 100_000)
      #expect(try await client.ask("{\"cancel\":\"\(long)\"}").bytes.count < 2_000)
    }
  }

  @Test("a binary message is answered, and the next text is heard")
  func binary() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      client.say(binary: Array(#"{"register":{"task":"echo"}}"#.utf8))
      #expect(try await client.answer()["error"]?["status"]?.int == 415)
      #expect(try await client.register(#"{"task":"echo"}"#).isEmpty == false)
    }
  }

  @Test("a message beyond the limit ends the socket with 1009")
  func tooBig() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      client.say(String(repeating: " ", count: WebSocketLimits.standard.messageBytes + 1))
      try await eventually(node.loop, "the end") { client.isEnded }
      #expect(client.close?.code == .messageTooBig)
    }
  }

  @Test("a full pool refuses with the submitter's name and the time to wait, and takes tasks again when there is room")
  func full() async throws {
    let gate = TaskGate()
    try await withNode(capacity: 2, types: gate.types) { node async throws in
      let client = try await SocketClient.open(node)
      let three = try await client.ask(#"{"register":[{"task":"gated"},{"task":"gated"},{"task":"gated"}]}"#)
      #expect(three["registered"]?.elements?.count == 3)
      let two = try await client.ask(#"{"register":[{"task":"gated","id":"a"},{"task":"gated","id":"b"}]}"#)["error"]
      #expect(two?["type"]?.string == "urn:ignareo:problem:full" && two?["status"]?.int == 503)
      #expect(two?["pointer"]?.string == "/register" && two?["submitted_id"] == nil)
      _ = try await client.register(#"{"task":"gated"}"#)
      let one = try await client.ask(#"{"register":{"task":"gated","id":"mine"}}"#)["error"]
      #expect(one?["type"]?.string == "urn:ignareo:problem:full" && one?["retry_after_s"]?.int == 1)
      #expect(one?["submitted_id"]?.string == "mine")
      gate.open()
      for _ in 0..<4 { #expect(try await client.result()["status"]?.string == "ok") }
      #expect(try await client.register(#"{"task":"echo"}"#).isEmpty == false)
    }
  }

  @Test("a page of another host may open none; a page of the node's own host and port may, and so may a program")
  func origins() async throws {
    try await withNode { node async throws in
      for origin in ["http://evil.example", "null", "http://127.0.0.1"] {
        let page = try await SocketClient.open(node, origin: origin)
        #expect(page.status == 403)
        var request = HTTPClientRequest(node.url + "/socket")
        request.headers.add("Origin", origin)
        let answer = try await node.client.fetch(request)
        #expect(answer.status == 403 && answer.headers["content-type"] == "application/problem+json")
        #expect(try JSONValue.parse(answer.body)["detail"]?.string?.contains(origin) == true)
      }
      for origin in [node.url, nil] {
        let client = try await SocketClient.open(node, origin: origin)
        #expect(client.status == 101)
        #expect(try await client.register(#"{"task":"echo"}"#).isEmpty == false)
      }
    }
  }

  @Test("another method is 405 with Allow, a plain GET 426 with what to upgrade to, and a node that starts says so")
  func methods() async throws {
    try await withNode { node async throws in
      for method in ["HEAD", "POST", "PUT", "DELETE"] {
        let answer = try await node.ask(method, "/socket")
        #expect(answer.status == 405 && answer.headers["allow"] == "GET")
      }
      let plain = try await node.ask("GET", "/socket")
      #expect(plain.status == 426 && plain.headers["upgrade"] == "websocket")
      #expect(plain.json["type"]?.string == "urn:ignareo:problem:upgrade_required")
      #expect(try await node.ask("GET", "/socket/x").status == 404)
    }
    try await withNode(serves: false) { node async throws in
      #expect(try await SocketClient.open(node).status == 503)
    }
  }

  @Test("open sockets are counted in the status")
  func counted() async throws {
    try await withNode { node async throws in
      let before = try #require(try await node.ask("GET", "/status").json["connections"]?.int)
      var clients: [SocketClient] = []
      for _ in 0..<5 { clients.append(try await SocketClient.open(node)) }
      #expect(try await node.ask("GET", "/status").json["connections"]?.int == before + 5)
      for client in clients { client.end() }
      try await eventually(node.loop, "they are gone") { node.service.connections <= before }
    }
  }
}
