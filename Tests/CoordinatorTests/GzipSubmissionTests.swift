import HTTP
import JSON
import Loop
import Testing

@testable import Coordinator

@Suite(.timeLimit(.minutes(2))) struct GzipSubmissionTests {
  private static let lines = "application/x-ndjson"

  @Test("lines and a document are taken gzipped, by either name of it", arguments: ["gzip", "x-gzip", "GZIP"])
  func taken(_ name: String) async throws {
    try await TestCoordinator.run { coordinator in
      try coordinator.node("n1")
      let lines = (0..<3_000).map { "{\"task\":\"echo\",\"args\":\($0)}\n" }.joined()
      let stream = try await coordinator.send(
        "POST", "/batches", bytes: GzipWriter.stored(lines), type: Self.lines, headers: ["Content-Encoding": name])
      #expect(stream.status == 202, "\(stream.text)")
      let document = try await coordinator.send(
        "POST", "/batches", bytes: GzipWriter.stored(#"{"name":"n","tasks":[{"task":"echo"},{"task":"echo"}]}"#),
        headers: ["Content-Encoding": name])
      #expect(try document.json["total"]?.int == 2 && document.json["name"]?.string == "n")
      let batch = try await coordinator.done(try #require(stream.headers["Location"]))
      #expect(batch["ok"]?.int == 3_000)
    }
  }

  @Test("lines that end in the middle of a member, and several members, are one stream")
  func members() async throws {
    try await TestCoordinator.run { coordinator in
      let bytes =
        GzipWriter.stored("{\"task\":\"echo\"}\n{\"ta") + GzipWriter.stored("") + GzipWriter.stored("sk\":\"echo\"}")
      let answer = try await coordinator.send(
        "POST", "/batches", bytes: bytes, type: Self.lines, headers: ["Content-Encoding": "gzip"])
      #expect(try answer.json["total"]?.int == 2, "\(answer.text)")
    }
  }

  @Test("what is no gzip, or breaks off, or has something behind it, is refused with its place, and nothing is kept")
  func bad() async throws {
    let whole = GzipWriter.stored("{\"task\":\"echo\"}\n")
    let document = GzipWriter.stored("{\"tasks\":[{\"task\":\"echo\"}]}")
    let cases: [(bytes: [UInt8], type: String, word: String)] = [
      (Array("{\"task\":\"echo\"}\n".utf8), Self.lines, "1f 8b, at byte 1"),
      ([], Self.lines, "breaks off, at byte 0"),
      (Array(whole.dropLast()), Self.lines, "breaks off"), (whole + [0], Self.lines, "at byte \(whole.count + 1)"),
      (Array(document.dropLast(9)), "application/json", "breaks off"),
      (document + document.prefix(5), "application/json", "breaks off"),
    ]
    try await TestCoordinator.run { coordinator in
      for (bytes, type, word) in cases {
        let answer = try await coordinator.send(
          "POST", "/batches", bytes: bytes, type: type, headers: ["Content-Encoding": "gzip", "Idempotency-Key": "k"])
        #expect(answer.status == 400, "\(answer.text)")
        #expect(try answer.json["detail"]?.string?.contains(word) == true, "\(answer.text)")
      }
      #expect(coordinator.journal.byteCount == 0 && coordinator.service.dispatcher.runningBatches == 0)
    }
  }

  @Test("faults in gzipped lines are told by the line of the text")
  func faults() async throws {
    try await TestCoordinator.run { coordinator in
      let answer = try await coordinator.send(
        "POST", "/batches", bytes: GzipWriter.stored("{\"task\":\"echo\"}\n\n{no\n"), type: Self.lines,
        headers: ["Content-Encoding": "gzip"])
      #expect(try answer.status == 400 && answer.json["line"]?.int == 3, "\(answer.text)")
    }
  }

  @Test(
    "other codings, and one over the other, are refused with the one that is taken", arguments: ["br", "gzip, gzip"])
  func otherCodings(_ name: String) async throws {
    try await TestCoordinator.run { coordinator in
      let answer = try await coordinator.send(
        "POST", "/batches", body: #"{"tasks":[{"task":"echo"}]}"#, headers: ["Content-Encoding": name])
      #expect(answer.status == 415 && answer.headers["Accept-Encoding"] == "gzip")
      #expect(try answer.json["detail"]?.string?.contains("gzip") == true)
    }
  }

  @Test("gzipped or not, the same text under the same key is the same submission")
  func idempotency() async throws {
    try await TestCoordinator.run { coordinator in
      for (form, text) in [
        (Self.lines, "{\"task\":\"echo\"}\n"), ("application/json", #"{"tasks":[{"task":"echo"}]}"#),
      ] {
        let gzip: HTTPHeaders = ["Content-Encoding": "gzip", "Idempotency-Key": form]
        let first = try await coordinator.send(
          "POST", "/batches", body: text, type: form, headers: ["Idempotency-Key": form])
        let again = try await coordinator.send(
          "POST", "/batches", bytes: GzipWriter.stored(text), type: form, headers: gzip)
        #expect(first.status == 202 && again.status == 200, "\(again.text)")
        #expect(again.headers["Location"] == first.headers["Location"])
        let other = try await coordinator.send(
          "POST", "/batches", bytes: GzipWriter.stored(text + " "), type: form, headers: gzip)
        #expect(other.status == 422)
        let torn = try await coordinator.send(
          "POST", "/batches", bytes: Array(GzipWriter.stored(text).dropLast()), type: form, headers: gzip)
        #expect(torn.status == 400)
      }
    }
  }

  @Test("a document that decodes to more than 64 MiB is refused with 413")
  func largeDocument() async throws {
    try await TestCoordinator.run { coordinator in
      let blanks = GzipWriter.run(of: 0x20, copies: 4_064)
      let bytes = (0..<65).reduce(into: GzipWriter.stored("{")) { bytes, _ in bytes += blanks }
      #expect(bytes.count < 1 << 20)
      let answer = try await coordinator.send(
        "POST", "/batches", bytes: bytes, headers: ["Content-Encoding": "gzip"])
      #expect(answer.status == 413 && answer.text.contains("64 MiB"), "\(answer.text)")
      #expect(coordinator.journal.byteCount == 0)
    }
  }

  @Test("a small stream that decodes to a lot is read in slices: others are answered meanwhile")
  func slices() async throws {
    try await TestCoordinator.run { coordinator in
      // Blank lines, which mean nothing.
      let blanks = GzipWriter.run(of: 0x20, copies: 4_000) + GzipWriter.stored("\n")
      let bytes = (0..<4).reduce(into: GzipWriter.stored("{\"task\":\"echo\"}\n")) { bytes, _ in bytes += blanks }
      let end = End()
      let submission = coordinator.loop.spawn {
        defer { end.hasCome = true }
        return try await coordinator.send(
          "POST", "/batches", bytes: bytes, type: Self.lines,
          headers: ["Content-Encoding": "gzip", "Idempotency-Key": "k"])
      }
      try await coordinator.until { coordinator.service.dispatcher.book.use(ofKey: "k") != nil }
      #expect(try await coordinator.get("/healthz").status == 200)
      #expect(!end.hasCome)
      let answer = try await submission.value
      #expect(try answer.status == 202 && answer.json["total"]?.int == 1, "\(answer.text)")
    }
  }
}

/// Guarded by: the loop's thread.
private final class End: @unchecked Sendable {
  var hasCome = false
}
