import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("Waits that hold much", .timeLimit(.minutes(2)))
struct WaitPressureTests {
  /// So many values of four mebibytes, and a task that outlives the test.
  private static func endless(_ count: Int) -> String {
    #"[{"task":"sleep","args":{"seconds":3600}},"# + blocks(count, of: 4 * mebibyte).dropFirst()
  }

  @Test("a wait that holds more results than the node may is answered at once with identifiers; a small one waits on")
  func tooMuch() async throws {
    try await withNode(capacity: 1_000, types: .withBlocks) { node async throws in
      let small = Self.answer(node, Self.endless(2))
      try await eventually(node.loop, "two have ended") { node.pool.meter.done == 2 }
      let answer = try await node.ask("POST", "/tasks?wait=3600", Self.endless(80))
      #expect(answer.status == 202)
      let tasks = try #require(answer.json["tasks"]?.elements)
      #expect(tasks.count == 81 && tasks.allSatisfy { $0["id"] != nil && $0["state"] == nil })
      #expect(answer.json["detail"]?.string?.contains("GET /tasks/{id}") == true)
      #expect(small.status == nil)
      let metrics = try await node.metrics()
      #expect(metrics["ignareo_task_values_waiting_bytes"] ?? 0 < Double(9 * mebibyte))
      small.transfer.cancel()
      try await eventually(node.loop, "nothing is held") { node.service.connections < 2 }
      #expect(try await node.metrics()["ignareo_task_values_waiting_bytes"] == 0)
    }
  }

  @Test("the reader of an answer that is furthest behind is cut off, and sees that his answer is not whole")
  func slowReader() async throws {
    try await withNode(capacity: 1_000, types: .withBlocks) { node async throws in
      let slow = Self.answer(node, blocks(55, of: 4 * mebibyte), isSlow: true)
      try await eventually(node.loop, "its answer has begun") { slow.status == 200 }
      let other = Self.answer(node, Self.endless(20))
      try await eventually(node.loop, "all have ended") { node.pool.meter.done == 75 }
      slow.transfer.resume()
      try await eventually(node.loop, "it is cut off") { slow.end != nil }
      guard case .failure? = slow.end else { throw TaskFailure(.assertion, "the answer ended as if whole") }
      #expect(other.status == nil)
      other.transfer.cancel()
    }
  }

  private static func answer(_ node: NodeBench, _ tasks: String, isSlow: Bool = false) -> WaitingAnswer {
    WaitingAnswer(node, tasks, isSlow: isSlow)
  }
}

/// The answer to a `POST /tasks?wait=`, as it comes.
private final class WaitingAnswer: @unchecked Sendable {
  // Guarded by: the loop's thread.
  private(set) var status: Int?
  private(set) var end: Result<HTTPClientTiming, HTTPClientError>?
  private(set) var transfer: HTTPTransfer!

  init(_ node: NodeBench, _ tasks: String, isSlow: Bool) {
    var request = HTTPClientRequest(node.url + "/tasks?wait=3600", method: "POST")
    request.body = .bytes(Array(tasks.utf8))
    request.timeout = .seconds(90)
    transfer = node.client.start(
      request,
      onHead: { [self] in
        status = $0.status
        if isSlow { transfer.pause() }
      }, onBody: { _ in }, onEnd: { [self] in end = $0 })
  }
}
