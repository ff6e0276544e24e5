/// The server's side of the opening handshake: RFC 6455, section 4.2.
package enum WebSocketHandshake {
  /// Why a request opens no WebSocket.
  package struct Refusal: Error, Equatable, Sendable {
    package let error: HTTPError
    /// What the answer must say besides.
    package let headers: HTTPHeaders

    package init(_ error: HTTPError, _ headers: HTTPHeaders = [:]) { (self.error, self.headers) = (error, headers) }

    init(_ status: Int, _ reason: String, _ headers: HTTPHeaders = [:]) {
      self.init(HTTPError(status: status, reason: reason), headers)
    }
  }

  /// The fields of the 101 answer, behind which frames follow at once. Whose page asks is not judged here but by
  /// `PageOrigin`.
  package static func accept(_ head: HTTPRequestHead) throws(Refusal) -> HTTPHeaders {
    guard head.methodIs("GET") else {
      throw Refusal(405, "a WebSocket is opened with GET, not \(head.method)", ["Allow": "GET"])
    }
    guard head.headers.contains("Upgrade", token: "websocket"), head.version == .http11 else {
      throw Refusal(426, "this is a WebSocket: ask for it with Upgrade: websocket over HTTP/1.1", upgrade)
    }
    guard head.headers.contains("Connection", token: "upgrade") else {
      throw Refusal(400, "Connection does not name Upgrade")
    }
    guard head.framing == .none else { throw Refusal(400, "a request that opens a WebSocket has no body") }
    guard head.headers["Sec-WebSocket-Version"] == "13" else {
      var headers = upgrade
      headers.add("Sec-WebSocket-Version", "13")
      throw Refusal(426, "the only WebSocket version spoken here is 13", headers)
    }
    let keys = head.headers.values("Sec-WebSocket-Key")
    guard keys.count == 1, isKey(keys[0]) else {
      throw Refusal(400, "Sec-WebSocket-Key is not one value of 16 bytes in base64")
    }
    var headers = upgrade
    headers.add("Sec-WebSocket-Accept", acceptKey(for: keys[0]))
    return headers
  }

  /// `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`.
  package static func acceptKey(for key: String) -> String {
    base64(SHA1.digest(of: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }

  private static let upgrade: HTTPHeaders = ["Upgrade": "websocket", "Connection": "Upgrade"]

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// 16 bytes are 22 digits of base64 and two of padding.
  private static func isKey(_ text: String) -> Bool {
    text.utf8.count == 24 && text.utf8.suffix(2).elementsEqual("==".utf8)
      && text.utf8.prefix(22).allSatisfy { alphabet.contains($0) }
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
      for digit in 0...3 {
        text.append(digit <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * digit) & 0x3f)] : Octet.equals)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
