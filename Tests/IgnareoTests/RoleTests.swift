import Contract
import Gossip
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// Runs a role on a thread of its own, which it blocks until its end. That is awaited on a loop: the thread sanitizer
/// does not see a continuation go from one thread to another.
private func runRole(_ body: @escaping @Sendable () -> Int32) async throws -> Int32 {
  let (thread, waiting) = (try EventLoop.start(name: "role-test"), try EventLoop.start(name: "role-end"))
  defer { for loop in [thread, waiting] { loop.stop() } }
  return await waiting.spawn {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Int32, Never>) in
      thread.execute {
        let status = body()
        waiting.execute { continuation.resume(returning: status) }
      }
    }
  }.value
}

private func configuration() -> NodeConfiguration {
  var configuration = NodeConfiguration()
  configuration.cluster.http = Authority(host: "127.0.0.1", port: 0)
  configuration.cluster.gossip = Authority(host: "127.0.0.1", port: 0)
  configuration.cluster.profile = .local
  configuration.cluster.logLevel = .error
  configuration.loops = 2
  return configuration
}

@Suite("A node's process", .timeLimit(.minutes(2)))
struct RoleTests {
  @Test("a node starts, says who it is, and ends well once it has drained")
  func startAndDrain() async throws {
    let seen = Lock<[String]>([])
    let status = try await runRole { [configuration = configuration()] in
      var configuration = configuration
      configuration.cluster.name = "role-test-node"
      return NodeRole.run(configuration, .builtIn) { node in
        seen.withLock { $0 += [node.name, node.httpAddress] }
        node.drain()
      }
    }
    #expect(status == 0)
    #expect(seen.withLock { $0.first } == "role-test-node")
    #expect(seen.withLock { $0.last?.hasPrefix("127.0.0.1:") } == true)
  }

  @Test("a whole node answers what it sees of its cluster as it is described, and ends when it is asked to drain")
  func described() async throws {
    let loop = try EventLoop.start(name: "role-client")
    defer { loop.stop() }
    let address = Lock("")
    async let status = runRole { [configuration = configuration()] in
      NodeRole.run(configuration, .builtIn) { node in address.withLock { $0 = node.httpAddress } }
    }
    try await loop.spawn {
      try await eventually(loop, "the node is ready") { !address.withLock { $0.isEmpty } }
      let client = HTTPClient(loop: loop)
      defer { client.close() }
      let api = try DescribedAPI.of(.builtIn)
      func ask(_ method: String, _ path: String, accept: String = "*/*") async throws -> HTTPClientResponse {
        let url = "http://\(address.withLock { $0 })\(path)"
        let answer = try await client.fetch(HTTPClientRequest(url, method: method, headers: ["Accept": accept]))
        let described = DescribedAPI.Answer(
          method: method, path: path, status: answer.status, headers: answer.headers, body: answer.body)
        #expect(api.faults(of: described) == [], "\(method) \(path)")
        return answer
      }
      let nodes = try JSONValue.parse(try await ask("GET", "/nodes").body)
      let name = try #require(nodes.at(pointer: "/nodes/0/name")?.string)
      #expect(try await ask("GET", "/nodes/\(name)").status == 200)
      for path in ["/status", "/nodes?state=alive,dead&role=node", "/metrics"] {
        for method in ["GET", "HEAD"] { #expect(try await ask(method, path).status == 200) }
      }
      for (path, status) in [("/nodes/nobody", 404), ("/nodes?state=odd", 400), ("/nodes?tag=odd", 400)] {
        for method in ["GET", "HEAD"] { #expect(try await ask(method, path).status == status) }
      }
      #expect(
        try await ask("GET", "/nodes", accept: "text/html").headers["content-type"]?.hasPrefix("text/html") == true)
      let openMetrics = try await ask("GET", "/metrics", accept: "application/openmetrics-text")
      #expect(openMetrics.body.suffix(6).elementsEqual("# EOF\n".utf8))
      #expect(try await ask("POST", "/drain").status == 202)
    }.value
    #expect(try await status == 0)
  }

  @Test("a port that is taken ends the node with status 1")
  func portTaken() async throws {
    let loop = try EventLoop.start(name: "port-holder")
    defer { loop.stop() }
    let site = try await loop.spawn { try Website(loop) { _, _ in } }.value
    var configuration = configuration()
    configuration.cluster.http = try #require(Authority(site.authority))
    let status = try await runRole { [configuration] in NodeRole.run(configuration, .builtIn) }
    #expect(status == 1)
    await loop.spawn { site.close() }.value
  }

  @Test(
    "flags that cannot be meant are named",
    arguments: [
      (["--loops", "0"], "--loops"), (["--capacity", "x"], "--capacity"), (["--tag", "odd"], "--tag"),
      (["--worker", "a="], "--worker"), (["--tag", "k=" + String(repeating: "v", count: 600)], "--tag"),
      (["--nonsense"], "--nonsense"), (["operand"], "operand"),
    ])
  func flags(arguments: [String], named: String) {
    do {
      _ = try NodeConfiguration.parse(arguments)
      Issue.record("\(arguments) were taken")
    } catch {
      #expect(error.text.contains(named))
    }
  }

  @Test("flags are read, and the capacity follows the loops")
  func goodFlags() throws {
    let configuration = try NodeConfiguration.parse(["--loops", "3", "--tag", "zone=a", "--tag", "disk=ssd"])
    #expect(configuration.loops == 3)
    #expect(configuration.capacity == 30_000)
    #expect(configuration.tags == ["zone": "a", "disk": "ssd"])
    #expect(try NodeConfiguration.parse(["--capacity", "7"]).capacity == 7)
  }

  @Test("what is left when a node closes is cancelled, its clean-up runs, and who waits is told")
  func closing() async throws {
    let notebook = Notebook()
    var types = TaskTypes()
    types.register("tidy", repeatable: true, summary: "cleans up") { (_: Int, context) in
      do { try await context.sleep(.seconds(60)) } catch {
        await notebook.note("cleaned up")
        throw error
      }
      return 1
    }
    try await withNode(types: types) { node async throws in
      let waiting = node.loop.spawn { try await node.ask("POST", "/tasks?wait=60", #"{"task":"tidy","args":1}"#) }
      try await eventually(node.loop, "it runs") { node.pool.table.running == 1 }
      await node.service.close()
      let answer = try await waiting.value
      #expect(answer.json.at(pointer: "/tasks/0/state")?.string == "cancelled")
      #expect(await notebook.lines == ["cleaned up"])
    }
  }
}
