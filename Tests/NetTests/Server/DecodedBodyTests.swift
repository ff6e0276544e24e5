import HTTP
import Loop
import Net
import Testing

@Suite(.timeLimit(.minutes(1))) struct DecodedBodyTests {
  private static let letters = 300_000
  /// So many times the letter a, as gzip makes it.
  private static let gzip: [UInt8] = {
    let hex = """
      1f8b0800000000000203edc1010d000000c2a0acef5fc21e0e280000000000000000000000000000000000000000000000000000
      00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
      00000000f8315ff24ef4e0930400
      """
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }()

  private static func head(_ length: Int) -> String {
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n"
  }

  @Test("a gzipped body whose reader pauses at each piece comes whole, in bounded pieces, and another request follows")
  func paused() async throws {
    let notes = Notes()
    let slow: @Sendable (HTTPExchange) -> Void = { exchange in
      let body = DecodedBody(exchange, .gzip)
      body.read { event in
        switch event {
        case .chunk(let bytes):
          #expect(bytes.count <= GzipReader.pieceBytes)
          notes.left += bytes.count
          body.pause()
          notes.events.append("paused")
          exchange.loop.execute {
            notes.events.append("resumed")
            body.resume()
          }
        case .end: exchange.respond(status: 200, body: Array("whole".utf8))
        case .failed(let error): exchange.respond(error)
        }
      }
    }
    try await withServer(slow) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      for times in 1...2 {
        client.send(Array(Self.head(Self.gzip.count).utf8) + Self.gzip)
        #expect(await client.take(endingWith: "whole").hasPrefix("HTTP/1.1 200"))
        #expect(notes.left == times * Self.letters)
      }
      // Nothing comes between a pause and its end.
      #expect(notes.events.count >= 8)
      for (place, event) in notes.events.enumerated() {
        #expect(event == (place.isMultiple(of: 2) ? "paused" : "resumed"))
      }
    }
  }

  @Test("a client that goes away while its body waits is told to the reader once")
  func gone() async throws {
    let notes = Notes()
    let stuck: @Sendable (HTTPExchange) -> Void = { exchange in
      let body = DecodedBody(exchange, .gzip)
      body.read { event in
        switch event {
        case .chunk:
          notes.events.append("chunk")
          body.pause()
        case .end: notes.events.append("end")
        case .failed:
          notes.events.append("failed")
          body.resume()
        }
      }
    }
    try await withServer(stuck) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      client.send(Array(Self.head(Self.gzip.count + 1).utf8) + Self.gzip)
      while notes.events.isEmpty { await loop.yield() }
      client.close()
      while notes.events.count < 2 { await loop.yield() }
      for _ in 0..<20 { await loop.yield() }
      #expect(notes.events == ["chunk", "failed"])
    }
  }

  @Test("a body that is refused in its middle is read no further, and the connection lives on")
  func refused() async throws {
    let notes = Notes()
    let refusing: @Sendable (HTTPExchange) -> Void = { exchange in
      DecodedBody(exchange, .gzip).collect(upTo: 100_000) { result in
        notes.events.append("over")
        guard case .failure(let error) = result else { return exchange.respond(status: 200) }
        exchange.respond(error)
      }
    }
    try await withServer(refusing) { server, loop in
      let client = try await RawClient.connect(server.localAddress, loop)
      for _ in 0..<2 {
        client.send(Array(Self.head(Self.gzip.count).utf8) + Self.gzip)
        #expect(await client.take(endingWith: "}").hasPrefix("HTTP/1.1 413"))
      }
      #expect(notes.events == ["over", "over"])
    }
  }
}
