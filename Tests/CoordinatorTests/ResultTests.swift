import Batch
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct ResultTests {
  /// A batch of so many echoes of their index that has ended.
  private func batch(_ coordinator: TestCoordinator, _ count: Int, query: String = "") async throws -> String {
    let lines = (0..<count).map {
      "{\"task\":\"echo\",\"args\":{\"i\":\($0),\"text\":\"a,b \\\"c\\\"\"},\"id\":\"t\($0)\"}"
    }
    let answer = try await coordinator.send(
      "POST", "/batches\(query)", body: lines.joined(separator: "\n"), type: "application/x-ndjson")
    return try #require(answer.headers["Location"])
  }

  @Test("results resume behind a sequence number")
  func after() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let path = try await batch(coordinator, 10)
      _ = try await coordinator.done(path)
      #expect(try await coordinator.get("\(path)/results?after=7").lines.compactMap { $0["seq"]?.int } == [8, 9, 10])
      #expect(try await coordinator.get("\(path)/results?after=10").body.isEmpty)
      #expect(try await coordinator.get("\(path)/results?after=99&follow=true").body.isEmpty)
      let waiting = try await coordinator.submit(#"[{"task":"rare"}]"#)
      let head = try await coordinator.send("HEAD", "\(waiting)/results?follow=true")
      #expect(head.status == 200 && head.headers["Content-Type"] == "application/x-ndjson")
    }
  }

  @Test("results come in the order of index, by status, and as CSV")
  func forms() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1") { shard in
        for task in shard.tasks.reversed() {
          if task["index"]?.int == 3 {
            shard.fail(task, #"{"code":"assertion","message":"no, \"never\"","retryable":false}"#)
          } else {
            shard.complete(task)
          }
        }
        shard.end()
      }
      let path = try await batch(coordinator, 8)
      let live = coordinator.loop.spawn { try await coordinator.get("\(path)/results?order=index&follow=true").lines }
      _ = try await coordinator.done(path)
      let byIndex = try await coordinator.get("\(path)/results?order=index").lines
      #expect(byIndex.compactMap { $0["index"]?.int } == Array(0..<8))
      #expect(try await live.value.compactMap { $0["index"]?.int } == Array(0..<8))
      #expect(try await coordinator.get("\(path)/results?status=error").lines.compactMap { $0["index"]?.int } == [3])
      #expect(try await coordinator.get("\(path)/results?status=error,ok").lines.count == 8)
      let csv = try await coordinator.get("\(path)/results?format=csv&order=index")
      #expect(csv.headers["Content-Type"]?.hasPrefix("text/csv") == true)
      let rows = csv.text.components(separatedBy: "\r\n")
      #expect(rows[0] == "seq,index,id,status,value,error_code,error_message,node,attempts,queued_ms,duration_ms")
      #expect(rows[1].contains(#",0,t0,ok,"{""i"":0,""text"":""a,b \""c\""""}",,,n1,1,"#), "\(rows[1])")
      #expect(rows[4].contains(#",3,t3,error,,assertion,"no, ""never""",n1,1,"#), "\(rows[4])")
      #expect(rows.count == 10 && rows[9].isEmpty)
    }
  }

  @Test("a reader who follows sees results while the batch runs, and the end")
  func follow() async throws {
    try await TestCoordinator.run { coordinator in
      var held: [FakeShard] = []
      try coordinator.node("n1") { shard in
        shard.complete(shard.tasks[0])
        held.append(shard)
      }
      let path = try await batch(coordinator, 3)
      let peer = try await coordinator.connect()
      peer.read()
      peer.send("GET \(path)/results?follow=true HTTP/1.1\r\nHost: c\r\n\r\n")
      try await coordinator.until { peer.text.contains("\"seq\":1,") }
      #expect(!peer.text.contains("\"seq\":2"))
      let shard = try #require(held.first)
      shard.complete(shard.tasks[1])
      try await coordinator.until { peer.text.contains("\"seq\":2,") }
      shard.complete(shard.tasks[2])
      shard.end()
      try await coordinator.until { peer.text.hasSuffix("0\r\n\r\n") }
      peer.close()
    }
  }

  @Test("a reader who stalls holds nobody up, costs little, and misses nothing once he reads on")
  func stalledReader() async throws {
    try await TestCoordinator.run { coordinator in
      let padding = String(repeating: "z", count: 4_000)
      try coordinator.node("n1") { shard in
        for task in shard.tasks {
          shard.write(#"{"index":\#(task["index"]?.int ?? 0),"status":"ok","value":"\#(padding)"}"#)
        }
        shard.end()
      }
      let peer = try await coordinator.connect()
      let body = Array(repeating: "{\"task\":\"echo\"}", count: 2_000).joined(separator: "\n")
      peer.send(
        "POST /batches?follow=true HTTP/1.1\r\nHost: c\r\nContent-Type: application/x-ndjson\r\n"
          + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
      try await coordinator.until { coordinator.service.dispatcher.book.all.first { _ in true } != nil }
      let batch = try #require(coordinator.service.dispatcher.book.all.first { _ in true })
      try await coordinator.until { batch.outcome != nil }
      #expect(batch.resultCount == 2_000)
      #expect((1...1_000_000).contains(coordinator.service.queuedBytes), "\(coordinator.service.queuedBytes)")
      peer.read()
      try await coordinator.until { peer.received.suffix(5).elementsEqual("0\r\n\r\n".utf8) }
      let text = peer.text
      for seq in [1, 1_000, 2_000] { #expect(text.contains("{\"seq\":\(seq),")) }
      #expect(text.contains("\"summary\"") && peer.received.count > 8_000_000)
      peer.close()
    }
  }

  @Test("a submitter who goes away while following leaves his batch running")
  func submitterGoes() async throws {
    try await TestCoordinator.run { coordinator in
      let peer = try await coordinator.connect()
      let body = #"{"tasks":[{"task":"echo"},{"task":"echo"}]}"#
      peer.read()
      peer.send(
        "POST /batches?follow=true HTTP/1.1\r\nHost: c\r\nContent-Type: application/json\r\n"
          + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
      try await coordinator.until { peer.text.contains("Location: /batches/") }
      peer.close()
      let path = try #require(peer.text.components(separatedBy: "\r\n").first { $0.hasPrefix("Location: ") })
      try coordinator.node("n1")
      #expect(try await coordinator.done(String(path.dropFirst("Location: ".count)))["ok"]?.int == 2)
    }
  }

  @Test("progress comes as server-sent events, the last of them when the batch has ended")
  func events() async throws {
    try await TestCoordinator.run { coordinator in
      let path = try await batch(coordinator, 5)
      let peer = try await coordinator.connect()
      peer.read()
      peer.send("GET \(path)/events HTTP/1.1\r\nHost: c\r\nAccept: text/event-stream\r\n\r\n")
      try await coordinator.until { peer.text.contains("event: progress\ndata: {") }
      #expect(peer.text.contains("Content-Type: text/event-stream"))
      try coordinator.node("n1")
      try await coordinator.until { peer.text.contains("event: end\ndata: {") && peer.text.hasSuffix("0\r\n\r\n") }
      peer.close()
    }
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> [String] {
    var parts: [String] = [""]
    var rest = Substring(self)
    while let range = rest.firstRange(of: separator) {
      parts[parts.count - 1] += rest[..<range.lowerBound]
      parts.append("")
      rest = rest[range.upperBound...]
    }
    parts[parts.count - 1] += rest
    return parts
  }
}
