import Clockwork
import Glibc
import HTTP
import JSON
import Loop
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct CallbackTests {
  /// Impatient, so that a test need not be patient.
  private static var rules: CallbackRules {
    var rules = CallbackRules()
    rules.firstPause = .milliseconds(2)
    return rules
  }

  private static func submit(
    _ coordinator: TestCoordinator, _ url: String, tasks: String = #"[{"task":"echo"}]"#
  ) async throws -> String {
    let answer = try await coordinator.send("POST", "/batches", body: #"{"tasks":\#(tasks),"callback_url":"\#(url)"}"#)
    #expect(answer.status == 202, "\(answer.text)")
    return try #require(answer.headers["Location"])
  }

  private static func callback(
    _ coordinator: TestCoordinator, _ path: String, is state: String
  ) async throws -> JSONValue {
    let document = try await coordinator.wait(for: path) { $0["callback"]?["state"]?.string == state }
    return try #require(document["callback"])
  }

  @Test("the URL is told of the batch's end with what GET says of it, and the batch says that it was")
  func delivered() async throws {
    try await CallbackReceiver.run { receiver in
      let url = receiver.url
      try await TestCoordinator.run { coordinator in
        let path = try await Self.submit(coordinator, url)
        let before = try await coordinator.get(path).json
        #expect(before["callback_url"]?.string == url && before["callback"]?["state"]?.string == "pending")
        #expect(before["callback"]?["attempts"]?.int == 0)
        try coordinator.node("n1")
        let callback = try await Self.callback(coordinator, path, is: "delivered")
        #expect(callback["attempts"]?.int == 1 && callback["error"] == nil && callback["ended_at"]?.string != nil)
        let lines = try await coordinator.send(
          "POST", "/batches?callback_url=\(PercentEncoding.encoded(url))", body: "{\"task\":\"echo\"}",
          type: "application/x-ndjson")
        _ = try await Self.callback(coordinator, try #require(lines.headers["Location"]), is: "delivered")
        #expect(coordinator.service.callbacks.pending == 0)
      }
      let calls = await receiver.received()
      #expect(calls.count == 2)
      let call = try #require(calls.first)
      #expect(call.method == "POST" && call.target == "/ended?of=shop")
      #expect(call.headers["Content-Type"] == "application/json")
      #expect(call.headers["X-Ignareo-Signature"] == nil && call.headers["X-Ignareo-Timestamp"] == nil)
      let document = try call.json
      #expect(document["state"]?.string == "done" && document["ok"]?.int == 1 && document["id"]?.string != nil)
      #expect(document["finished_at"]?.string != nil)
    }
  }

  @Test("a cancelled batch is told of as well")
  func cancelled() async throws {
    try await CallbackReceiver.run { receiver in
      let url = receiver.url
      try await TestCoordinator.run { coordinator in
        let path = try await Self.submit(coordinator, url)
        _ = try await coordinator.send("DELETE", path)
        _ = try await Self.callback(coordinator, path, is: "delivered")
      }
      #expect(try await receiver.received().map { try $0.json["state"]?.string } == ["cancelled"])
    }
  }

  @Test("a server that refuses is called again, one that redirects too: nowhere else")
  func again() async throws {
    try await CallbackReceiver.run([500, 302, 404]) { receiver in
      let url = receiver.url
      try await TestCoordinator.run(callbacks: Self.rules) { coordinator in
        try coordinator.node("n1")
        let path = try await Self.submit(coordinator, url)
        let callback = try await Self.callback(coordinator, path, is: "delivered")
        #expect(callback["attempts"]?.int == 4)
      }
      #expect(await receiver.received().map(\.target) == Array(repeating: "/ended?of=shop", count: 4))
    }
  }

  @Test(
    "a receiver that says when to call again is not called before, and not kept waiting for beyond the longest pause")
  func retryAfter() async throws {
    for (retryAfter, longest, state) in [
      ("600", Duration.seconds(900), "failed"), ("999999999", .milliseconds(4), "delivered"),
      ("soon", .seconds(900), "delivered"),
    ] {
      try await CallbackReceiver.run([503], retryAfter: retryAfter) { receiver in
        let url = receiver.url
        var rules = Self.rules
        // A call in ten minutes would come too late: that shows what was understood without waiting for it.
        (rules.longestPause, rules.givesUpAfter) = (longest, .seconds(300))
        try await TestCoordinator.run(callbacks: rules) { [rules] coordinator in
          #expect(rules.longestPause == longest)
          try coordinator.node("n1")
          let callback = try await Self.callback(coordinator, try await Self.submit(coordinator, url), is: state)
          #expect(callback["attempts"]?.int == (state == "failed" ? 1 : 2), "\(retryAfter)")
        }
      }
    }
  }

  @Test("Retry-After is seconds or a date")
  func retryAfterForms() {
    let now = Timestamp(milliseconds: 784_111_777_000)
    for (text, seconds) in [
      ("0", 0), ("120", 120), ("Sun, 06 Nov 1994 08:50:37 GMT", 60), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
      ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("-1", 0), ("", 0), ("1.5", 0), ("99999999999", 0),
    ] {
      #expect(CallbackRules.retryAfter(text, at: now) == .seconds(seconds), "\(text)")
    }
    #expect(CallbackRules.retryAfter(nil, at: now) == .zero)
  }

  @Test("what cannot be reached is said while it is tried again")
  func unreachable() async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      // Port 1 is nobody's.
      let path = try await Self.submit(coordinator, "http://127.0.0.1:1/")
      let document = try await coordinator.wait(for: path) { $0["callback"]?["error"] != nil }
      #expect(document["callback"]?["state"]?.string == "pending")
      #expect(document["callback"]?["error"]?.string?.contains("127.0.0.1:1") == true)
    }
  }

  @Test("what is refused for too long is given up with the last error, and stays so")
  func givenUp() async throws {
    try await CallbackReceiver.run([503, 503]) { receiver in
      let folder = TemporaryFolder()
      defer { folder.remove() }
      let url = receiver.url
      var rules = Self.rules
      rules.givesUpAfter = .zero
      let path = try await TestCoordinator.run(in: folder.path, callbacks: rules) { coordinator in
        try coordinator.node("n1")
        let path = try await Self.submit(coordinator, url)
        let callback = try await Self.callback(coordinator, path, is: "failed")
        #expect(callback["attempts"]?.int == 1 && callback["error"]?.string?.contains("503") == true)
        return path
      }
      try await TestCoordinator.run(in: folder.path) { coordinator in
        let callback = try await Self.callback(coordinator, path, is: "failed")
        #expect(callback["error"]?.string?.contains("503") == true)
        #expect(coordinator.service.callbacks.pending == 0)
      }
      #expect(await receiver.received().count == 1)
    }
  }

  @Test("what was not delivered is called again by the next start, and what was is not")
  func restarted() async throws {
    try await CallbackReceiver.run([500]) { receiver in
      let folder = TemporaryFolder()
      defer { folder.remove() }
      let url = receiver.url
      var patient = CallbackRules()
      patient.firstPause = .seconds(3_600)
      patient.longestPause = patient.firstPause
      let paths = try await TestCoordinator.run(in: folder.path, callbacks: patient) { coordinator in
        // One that is still to run, and one whose first call fails.
        let first = try await Self.submit(coordinator, url, tasks: #"[{"task":"rare"}]"#)
        try coordinator.node("n1")
        let second = try await Self.submit(coordinator, url)
        _ = try await coordinator.wait(for: second) { $0["callback"]?["error"] != nil }
        return [first, second]
      }
      #expect(await receiver.received().count == 1)
      try await TestCoordinator.run(in: folder.path) { coordinator in
        let callback = try await Self.callback(coordinator, paths[1], is: "delivered")
        #expect(callback["attempts"]?.int == 2, "the call before the restart counts")
        try coordinator.node("n2", types: ["rare"])
        _ = try await Self.callback(coordinator, paths[0], is: "delivered")
      }
      #expect(await receiver.received().count == 3)
      try await TestCoordinator.run(in: folder.path) { coordinator in
        for path in paths { _ = try await Self.callback(coordinator, path, is: "delivered") }
        #expect(coordinator.service.callbacks.pending == 0)
      }
      #expect(await receiver.received().count == 3)
    }
  }

  @Test("a torn record of a delivery costs a second call and nothing else")
  func tornRecord() async throws {
    try await CallbackReceiver.run { receiver in
      let folder = TemporaryFolder()
      defer { folder.remove() }
      let url = receiver.url
      let path = try await TestCoordinator.run(in: folder.path) { coordinator in
        try coordinator.node("n1")
        let path = try await Self.submit(coordinator, url)
        _ = try await Self.callback(coordinator, path, is: "delivered")
        return path
      }
      let log = "\(folder.path)\(path)/ended"
      var status = stat()
      #expect(stat(log, &status) == 0 && truncate(log, status.st_size - 3) == 0)
      for _ in 0..<2 {
        try await TestCoordinator.run(in: folder.path) { coordinator in
          _ = try await Self.callback(coordinator, path, is: "delivered")
          #expect(try await coordinator.get(path).json["ok"]?.int == 1)
        }
        #expect(await receiver.received().count == 2)
      }
    }
  }

  @Test("calls to one server are few at a time")
  func bounded() async throws {
    try await CallbackReceiver.run(holds: true) { receiver in
      let url = receiver.url
      var rules = Self.rules
      rules.atOnceToOne = 2
      try await TestCoordinator.run(callbacks: rules) { coordinator in
        try coordinator.node("n1")
        var paths: [String] = []
        for _ in 0..<6 { paths.append(try await Self.submit(coordinator, url)) }
        let callbacks = coordinator.service.callbacks
        try await coordinator.until { callbacks.pending == 6 }
        #expect(callbacks.callsUnderWay == 2)
        await receiver.release()
        for path in paths { _ = try await Self.callback(coordinator, path, is: "delivered") }
        #expect(callbacks.pending == 0 && callbacks.callsUnderWay == 0)
      }
      #expect(await receiver.received().count == 6)
    }
  }

  @Test("a purged batch is no longer told of")
  func purged() async throws {
    try await CallbackReceiver.run(holds: true) { receiver in
      let url = receiver.url
      try await TestCoordinator.run { coordinator in
        try coordinator.node("n1")
        let path = try await Self.submit(coordinator, url)
        try await coordinator.until { coordinator.service.callbacks.callsUnderWay == 1 }
        #expect(try await coordinator.send("DELETE", "\(path)?purge=true").status == 204)
        try await coordinator.until { coordinator.service.callbacks.callsUnderWay == 0 }
        #expect(coordinator.service.callbacks.pending == 0)
      }
    }
  }

  @Test(
    "a URL that cannot be called is refused at submission",
    arguments: [
      "", "/ended", "ftp://shop.example/", "http://", "http://a b/", "http://x/" + String(repeating: "y", count: 2_048),
    ])
  func badURL(_ url: String) async throws {
    try await TestCoordinator.run { coordinator in
      let document = try await coordinator.send(
        "POST", "/batches", body: #"{"tasks":[{"task":"echo"}],"callback_url":"\#(url)"}"#)
      #expect(document.status == 400, "\(document.text)")
      #expect(try document.json["pointer"]?.string == "/callback_url")
      let lines = try await coordinator.send(
        "POST", "/batches?callback_url=\(PercentEncoding.encoded(url))", body: "{\"task\":\"echo\"}",
        type: "application/x-ndjson")
      #expect(lines.status == 400)
      #expect(coordinator.journal.byteCount == 0)
    }
  }
}
