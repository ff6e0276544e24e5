import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("/socket", .timeLimit(.minutes(2)))
struct SocketTests {
  @Test("a task is registered with its identifier, path and the submitter's name, and its result comes once, as at GET")
  func one() async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      let client = try await SocketClient.open(node)
      let registered = try await client.ask(#"{"register":{"task":"gated","id":"mine"}}"#)["registered"]
      let id = try #require(registered?["id"]?.string)
      #expect(registered?.text == #"{"id":"\#(id)","href":"/tasks/\#(id)","submitted_id":"mine"}"#)
      #expect(try await node.ask("GET", "/tasks/\(id)").json["state"]?.string == "running")
      gate.open()
      let result = try await client.result()
      #expect(result["status"]?.string == "ok" && result["submitted_id"]?.string == "mine")
      #expect(try await node.ask("GET", "/tasks/\(id)").json.text == result.text)
      let nameless = try await client.ask(#"{"register":{"task":"echo"}}"#)["registered"]
      #expect(nameless?["submitted_id"] == nil)
      _ = try await client.result()
      #expect(client.texts.count == 4)
    }
  }

  @Test("results come as the tasks end, whatever their order, and say how each ended")
  func results() async throws {
    let gate = TaskGate()
    try await withNode(loops: 2, types: gate.types) { node async throws in
      let client = try await SocketClient.open(node)
      let slow = try await client.register(#"{"task":"gated"}"#)
      let failing = try await client.register(#"{"task":"fail","args":{"times":1},"attempts":1}"#)
      let failed = try await client.result()
      #expect(failed["id"]?.string == failing && failed["error"]?["code"]?.string == "internal")
      let again = try await client.register(#"{"task":"fail","args":{"times":1},"attempts":2}"#)
      let tried = try await client.result()
      #expect(tried["id"]?.string == again && tried["attempts"]?.int == 2)
      gate.open()
      #expect(try await client.result()["id"]?.string == slow)
    }
  }

  @Test("a list is registered as one, answered as one in its order, and each of its results comes once")
  func list() async throws {
    try await withNode(loops: 2) { node async throws in
      let client = try await SocketClient.open(node)
      let tasks = (0..<50).map { #"{"task":"echo","args":\#($0),"id":"n\#($0)"}"# }.joined(separator: ",")
      let registered = try await client.ask("{\"register\":[\(tasks)]}")["registered"]?.elements ?? []
      #expect(registered.map { $0["submitted_id"]?.string } == (0..<50).map { "n\($0)" })
      var results: [String: Int] = [:]
      for _ in 0..<50 {
        let result = try await client.result()
        results[try #require(result["id"]?.string)] = result["value"]?.int
      }
      #expect(registered.map { results[$0["id"]?.string ?? ""] } == Array(0..<50))
      #expect(try await client.ask(#"{"register":[]}"#).text == #"{"registered":[]}"#)
      #expect(try await client.ask(#"{"register":[{"task":"echo"}]}"#)["registered"]?.elements?.count == 1)
    }
  }

  @Test("one bad task of a list refuses all of it, with its place and its submitter's name")
  func badList() async throws {
    try await withNode { node async throws in
      let client = try await SocketClient.open(node)
      let refused = try await client.ask(
        #"{"register":[{"task":"echo"},{"task":"sleep","args":{"seconds":"x"},"id":"b"},{"task":"nope","id":"c"}]}"#)
      let error = try #require(refused["error"])
      #expect(error["status"]?.int == 400 && error["pointer"]?.string == "/register/1/args/seconds")
      #expect(error["submitted_id"]?.string == "b")
      #expect(
        error["errors"]?.elements?.map { $0["pointer"]?.string } == ["/register/1/args/seconds", "/register/2/task"])
      #expect(node.pool.table.running + node.pool.table.kept == 0)
    }
  }

  @Test("a long list is read in slices; what is said behind it is answered behind it, and others are served meanwhile")
  func slices() async throws {
    try await withNode(capacity: 5_000) { node async throws in
      let (client, other) = (try await SocketClient.open(node), try await SocketClient.open(node))
      var tasks = (0..<4_000).map { #"{"task":"echo","args":\#($0)}"# }
      client.say("{\"register\":[\(tasks.joined(separator: ","))]}")
      client.say(#"{"cancel":"behind"}"#)
      other.say(#"{"cancel":"meanwhile"}"#)
      nonisolated(unsafe) var wasServedMeanwhile = false
      other.whenTold = { wasServedMeanwhile = client.texts.isEmpty }
      #expect(try await other.answer()["error"] != nil)
      #expect(try await client.answer()["registered"]?.elements?.count == 4_000)
      #expect(try await client.answer()["error"]?["pointer"]?.string == "/cancel")
      try await eventually(node.loop, "every result is there") { client.texts.count == 4_002 }
      let values = try client.messages.compactMap { $0["result"]?["value"]?.int }
      #expect(values.sorted() == Array(0..<4_000) && wasServedMeanwhile)
      tasks[3_900] = #"{"task":"nope","id":"late"}"#
      let refused = try await client.ask("{\"register\":[\(tasks.joined(separator: ","))]}")["error"]
      #expect(refused?["pointer"]?.string == "/register/3900/task" && refused?["submitted_id"]?.string == "late")
      #expect(node.pool.table.kept == 4_000)
    }
  }

  @Test("answers come in the order of the messages, whatever they are")
  func order() async throws {
    try await withNode(capacity: 1_000) { node async throws in
      let client = try await SocketClient.open(node)
      let kinds: [(said: String, answered: String)] = [
        (#"{"register":{"task":"sleep","args":{"seconds":0}}}"#, "registered"), ("[", "error"),
        (#"{"register":[{"task":"echo"},{"task":"echo"}]}"#, "registered"), (#"{"cancel":"nobody"}"#, "error"),
        (#"{"register":{"task":"nope"}}"#, "error"), (#"{"odd":1}"#, "error"), (#"{"register":[]}"#, "registered"),
      ]
      for _ in 0..<40 { for (said, _) in kinds { client.say(said) } }
      for number in 0..<(40 * kinds.count) {
        let answer = try await client.answer()
        #expect(answer.members?.map(\.key.string) == [kinds[number % kinds.count].answered])
      }
      try await eventually(node.loop, "every result is there") { client.texts.count == 40 * kinds.count + 120 }
      var registered: Set<String> = []
      for message in try client.messages {
        let (one, many) = (message["registered"]?["id"]?.string, message["registered"]?.elements ?? [])
        registered.formUnion(([one] + many.map { $0["id"]?.string }).compactMap { $0 })
        if let result = message["result"]?["id"]?.string {
          #expect(registered.remove(result) != nil, "a result comes behind its registered, once")
        }
      }
      #expect(registered.isEmpty)
    }
  }

  @Test("sockets get the results of their own tasks, each of them once")
  func several() async throws {
    try await withNode(loops: 2, capacity: 2_000) { node async throws in
      var clients: [SocketClient] = []
      for _ in 0..<3 { clients.append(try await SocketClient.open(node)) }
      for number in 0..<600 {
        clients[number % 3].say(#"{"register":{"task":"echo","args":\#(number)}}"#)
      }
      for (place, client) in clients.enumerated() {
        try await eventually(node.loop, "all is told") { client.texts.count == 400 }
        let values = try client.messages.compactMap { $0["result"]?["value"]?.int }.sorted()
        #expect(values == Array(stride(from: place, to: 600, by: 3)))
      }
      _ = try await node.ask("POST", "/tasks?wait=9", #"{"task":"echo"}"#)
      #expect(clients.allSatisfy { $0.texts.count == 400 })
    }
  }

  @Test(
    "a socket that goes away, orderly or not, leaves its tasks running, and they are found", arguments: [true, false])
  func goesAway(_ isOrderly: Bool) async throws {
    let gate = TaskGate()
    try await withNode(types: gate.types) { node async throws in
      let client = try await SocketClient.open(node)
      let id = try await client.register(#"{"task":"gated","id":"left"}"#)
      if isOrderly { client.end() } else { client.disconnect() }
      try await eventually(node.loop, "the node sees the end") { node.service.connections == 0 }
      try await eventually(node.loop, "an orderly end is answered") { !isOrderly || client.close?.code == .normal }
      gate.open()
      let task = try await node.ask("GET", "/tasks/\(id)?wait=30").json
      #expect(task["state"]?.string == "ok" && task["submitted_id"]?.string == "left")
    }
  }

  @Test("messages that start no task cost the node no task and no continuation")
  func thrift() async throws {
    let clients = try EventLoop.start(name: "socket-clients")
    defer { clients.stop() }
    try await withNode { node async throws in
      let client = try await clients.spawn { try await SocketClient.open(node, on: clients) }.value
      let before = node.loop.enqueueCounts.all
      await clients.spawn {
        for _ in 0..<500 { client.say(#"{"cancel":"nobody"}"#) }
        while client.texts.count < 500 { await clients.yield() }
      }.value
      // The test's own wait, on the node's loop, for that task.
      #expect(node.loop.enqueueCounts.all - before <= 2)
    }
  }
}
