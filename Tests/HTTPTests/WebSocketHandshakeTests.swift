import Testing

@testable import HTTP

@Suite("The opening of a WebSocket")
struct WebSocketHandshakeTests {
  private func answer(
    _ method: String = "GET", version: String = "1.1", without: String = "", adding more: [String] = []
  ) throws -> Result<HTTPHeaders, WebSocketHandshake.Refusal> {
    let fields = [
      "Host: h", "Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    let lines = ["\(method) /socket HTTP/\(version)"] + fields.filter { !$0.hasPrefix(without + ":") } + more
    let head = try head(lines.joined(separator: "\r\n") + "\r\n\r\n")
    return Result { () throws(WebSocketHandshake.Refusal) in try WebSocketHandshake.accept(head) }
  }

  private func refusal(
    _ method: String = "GET", version: String = "1.1", without: String = "", adding more: [String] = []
  ) throws -> WebSocketHandshake.Refusal? {
    switch try answer(method, version: version, without: without, adding: more) {
    case .success: nil
    case .failure(let refusal): refusal
    }
  }

  @Test("the RFC's example is accepted with the RFC's accept key")
  func example() throws {
    let headers = try answer().get()
    #expect(headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    var bytes: [UInt8] = []
    HTTPWire.appendResponseHead(status: 101, headers: headers, framing: .none, keepsAlive: true, to: &bytes)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
  }

  @Test("tokens are found in lists, whatever their case")
  func tokens() throws {
    let more = ["upgrade: h2c, WebSocket", "connection: UPGRADE"]
    #expect(throws: Never.self) { try answer(without: "Upgrade", adding: ["Upgrade: h2c, WebSocket"]).get() }
    #expect(throws: Never.self) { try answer(without: "Connection", adding: ["Connection: UPGRADE"]).get() }
    #expect(throws: Never.self) { try answer(adding: more).get() }
  }

  @Test("a request that asks for no WebSocket is told to upgrade")
  func noUpgrade() throws {
    let plain = try refusal(without: "Upgrade")
    #expect(plain?.error.status == 426)
    #expect(plain?.headers["Upgrade"] == "websocket")
    #expect(plain?.headers["Connection"] == "Upgrade")
    #expect(try refusal(without: "Upgrade", adding: ["Upgrade: websockets"])?.error.status == 426)
    #expect(try refusal(version: "1.0")?.error.status == 426)
  }

  @Test("another version than 13 is refused and told which one is spoken")
  func version() throws {
    for version in [[], ["Sec-WebSocket-Version: 8"], ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"]] {
      let refusal = try refusal(without: "Sec-WebSocket-Version", adding: version)
      #expect(refusal?.error.status == 426)
      #expect(refusal?.headers["Sec-WebSocket-Version"] == "13")
      #expect(refusal?.headers["Upgrade"] == "websocket")
    }
  }

  @Test("another method is refused with the one that is allowed")
  func method() throws {
    let refusal = try refusal("POST")
    #expect(refusal?.error.status == 405)
    #expect(refusal?.headers["Allow"] == "GET")
  }

  @Test("what is left of the request must be in order")
  func malformed() throws {
    #expect(try refusal(without: "Connection", adding: ["Connection: keep-alive"])?.error.status == 400)
    #expect(try refusal(without: "Connection")?.error.status == 400)
    #expect(try refusal(adding: ["Content-Length: 5"])?.error.status == 400)
    #expect(try refusal(adding: ["Content-Length: 0"]) == nil)
  }

  @Test(
    "a key that is not 16 bytes in base64 is refused",
    arguments: [
      [], ["dGhlIHNhbXBsZSBub25jZQ"], ["dGhlIHNhbXBsZSBub25jZQ==="], ["dGhlIHNhbXBsZSBub25jZQA="],
      ["dGhlIHNhbXBsZSBub25j"], ["dGhlIHNhbXBsZSBub25jZ-=="], ["dGhlIHNhbXBsZSBub25jéQ=="], [""],
      ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="],
    ])
  func key(_ keys: [String]) throws {
    let refusal = try refusal(without: "Sec-WebSocket-Key", adding: keys.map { "Sec-WebSocket-Key: \($0)" })
    #expect(refusal?.error.status == 400)
  }

  @Test(
    "SHA-1 gives the digests of RFC 3174 and of the standard's padding edges",
    arguments: [
      ("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
      ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
      ("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
      ("01234567", 80, "dea356a2cddd90c7a7ecedc5ebb563934f460452"),
      ("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
      ("a", 55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
      ("a", 56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
      ("a", 64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
    ])
  func sha1(_ text: String, _ times: Int, _ digest: String) {
    let bytes = Array(repeatElement(Array(text.utf8), count: times).joined())
    let hex = SHA1.digest(of: bytes).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    #expect(hex.joined() == digest)
  }
}
