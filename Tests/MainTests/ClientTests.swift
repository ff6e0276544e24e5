import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Main

@Suite struct ClusterClientTests {
  @Test("an answer is JSON, and a refusal is its problem's words")
  func asking() throws {
    let failure = try FakeCoordinator.serve { exchange, _ in
      if exchange.request.path == "/nodes" { return exchange.respond(text: "{\"nodes\":[]}") }
      exchange.respond(Problem(status: 404, code: "not_found", title: "No such batch", detail: "b1 is not here"))
    } _: { client, _ in
      let nodes = try await client.ask("/nodes")
      #expect(nodes.text == "{\"nodes\":[]}")
      return await #expect(throws: Failure.self) { try await client.ask("/batches/b1") }
    }
    #expect(failure == Failure("No such batch: b1 is not here"))
  }

  @Test("nobody at the URL is told with the cause and the way out, and ends with 3")
  func unreachable() throws {
    let failure = try runOnLoop { loop in
      let http = HTTPClient(loop: loop)
      defer { http.close() }
      // Port 1 is nobody's: binding it takes root, and tcpmux died long ago.
      let client = ClusterClient(loop: loop, http: http, base: "http://127.0.0.1:1")
      return await #expect(throws: Failure.self) { try await client.ask("/nodes") }
    }
    #expect(failure?.status == .unreachable)
    for part in ["http://127.0.0.1:1", "ignareo up", "--coordinator"] { #expect(failure?.text.contains(part) == true) }
  }

  @Test("something else that answers at the URL is no coordinator", arguments: ["<html>", ""])
  func somethingElse(_ body: String) throws {
    let failure = try FakeCoordinator.serve { exchange, _ in
      exchange.respond(text: body, status: exchange.request.path == "/nodes" ? 200 : 404)
    } _: { client, _ in
      _ = await #expect(throws: Failure.self) { try await client.ask("/batches") }
      return await #expect(throws: Failure.self) { try await client.ask("/nodes") }
    }
    #expect(failure?.status == .unreachable)
  }
}

@Suite struct ResultReaderTests {
  private static func line(_ seq: Int) -> [UInt8] {
    Array("{\"seq\":\(seq),\"index\":\(seq),\"status\":\"ok\"}\n".utf8)
  }

  @Test("results go on where they were when the connection is cut in the middle of a line")
  func resumes() throws {
    let (seqs, targets) = try FakeCoordinator.serve { exchange, fake in
      guard exchange.request.path == "/batches/b/results" else {
        return exchange.respond(text: "{\"id\":\"b\",\"state\":\"done\",\"total\":5,\"ok\":5}")
      }
      let after = exchange.request.query["after"].flatMap { Int($0) } ?? 0
      exchange.startStream(status: 200)
      for seq in (after + 1)...5 {
        if after == 0, seq == 3 {
          exchange.write(Array(Self.line(3).prefix(9)))
          exchange.loop.schedule(after: .milliseconds(20)) { fake.cutConnections() }
          return
        }
        exchange.write(Self.line(seq))
      }
      exchange.finish()
    } _: { client, fake in
      let seen = Seen()
      let reader = ResultReader(client, "b", after: 0) {
        seen.lines.append((try? JSONValue.parse($0))?["seq"]?.int ?? -1)
      }
      try await reader.read(follow: true)
      return (seen.lines, fake.targets)
    }
    #expect(seqs == [1, 2, 3, 4, 5])
    #expect(
      targets == ["/batches/b/results?after=0&follow=true", "/batches/b/results?after=2&follow=true", "/batches/b"])
  }

  @Test("a stream that ends while the batch runs is read on")
  func readsOn() throws {
    let seqs = try FakeCoordinator.serve { exchange, fake in
      guard exchange.request.path == "/batches/b/results" else {
        let state = fake.targets.count < 4 ? "running" : "done"
        return exchange.respond(text: "{\"id\":\"b\",\"state\":\"\(state)\",\"total\":2,\"ok\":2}")
      }
      exchange.startStream(status: 200)
      exchange.write(Self.line(fake.targets.count == 1 ? 1 : 2))
      exchange.finish()
    } _: { client, _ in
      let seen = Seen()
      try await ResultReader(client, "b", after: 0) { seen.lines.append((try? JSONValue.parse($0))?["seq"]?.int ?? -1) }
        .read(follow: true)
      return seen.lines
    }
    #expect(seqs == [1, 2])
  }

  @Test("an unknown batch ends the reading at once")
  func unknownBatch() throws {
    let failure = try FakeCoordinator.serve { exchange, _ in
      exchange.respond(Problem(status: 404, code: "not_found", title: "No such batch", detail: "b"))
    } _: { client, _ in
      await #expect(throws: Failure.self) { try await ResultReader(client, "b", after: 0) { _ in }.read(follow: true) }
    }
    #expect(failure == Failure("No such batch: b"))
  }

  /// Guarded by: the loop's thread.
  private final class Seen: @unchecked Sendable {
    var lines: [Int] = []
  }
}

@Suite struct ProgressFollowerTests {
  @Test("a batch is asked about until it has ended, over a coordinator that was away")
  func follows() throws {
    let (batch, asked) = try FakeCoordinator.serve { exchange, fake in
      switch fake.targets.count {
      case 1: exchange.respond(text: "{\"id\":\"b\",\"state\":\"running\",\"total\":2,\"ok\":1,\"running\":1}")
      case 2: fake.cutConnections()
      default: exchange.respond(text: "{\"id\":\"b\",\"state\":\"done\",\"total\":2,\"ok\":2}")
      }
    } _: { client, fake in
      let (_, batch) = try await ProgressFollower(client, "b", draws: false).follow()
      return (batch, fake.targets.count)
    }
    #expect(batch.ok == 2 && batch.hasEnded)
    #expect(asked >= 3)
  }

  @Test("cancelling the task ends the following")
  func cancelled() throws {
    try FakeCoordinator.serve { exchange, _ in
      exchange.respond(text: "{\"id\":\"b\",\"state\":\"running\",\"total\":2}")
    } _: { client, fake in
      let following = client.loop.spawn { try await ProgressFollower(client, "b", draws: false).follow().1 }
      while fake.targets.count < 2 { await client.loop.yield() }
      following.cancel()
      await #expect(throws: Failure.self) { try await following.value }
    }
  }
}
