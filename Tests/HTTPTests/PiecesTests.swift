import HTTP
import Testing

@Suite("Pieces of input")
struct PiecesTests {
  static let requests = [
    "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "\r\n\r\nPOST /x?y=z HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\nA: b\r\n\r\nhello world"
      + "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\nExpect: 100-continue\r\n\r\n"
      + "5;a=\"b\"\r\nhello\r\n00C ; x\r\n world\r\nabcd\r\n0\r\nA: 1\r\nB: 2\r\n\r\n"
      + "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\nignored",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcdef\r\n",
  ]

  @Test("one byte at a time says the same as all at once", arguments: requests)
  func singleBytes(_ text: String) {
    let whole = readRequests(text)
    #expect(!whole.isEmpty)
    #expect(readRequests(text, .single) == whole)
    for sizes in [[2], [3], [7, 1], [1, 40], [13, 5, 2]] { #expect(readRequests(text, .sizes(sizes)) == whole) }
  }

  @Test("each of the two halves that a cut makes says the same as the whole", arguments: requests)
  func cuts(_ text: String) {
    let whole = readRequests(text)
    for cut in 1..<text.utf8.count { #expect(readRequests(text, .sizes([cut, 100_000])) == whole) }
  }

  @Test("with any one byte changed, the pieces still make no difference, and nothing traps", arguments: requests)
  func mutations(_ text: String) {
    let bytes = Array(text.utf8)
    for place in bytes.indices {
      for byte in [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x2c, 0x30, 0x39, 0x3a, 0x41, 0x7f, 0x80, 0xff] as [UInt8] {
        var changed = bytes
        changed[place] = byte
        let whole = readRequests(changed)
        #expect(readRequests(changed, .single) == whole)
        #expect(readRequests(changed, .sizes([9, 2])) == whole)
      }
    }
  }

  @Test(
    "any beginning of a request is no error, and no more is said than the whole says",
    arguments: requests.filter { readRequests($0).allSatisfy { $0 != .failed(400) } })
  func truncation(_ text: String) {
    let bytes = Array(text.utf8)
    for count in bytes.indices {
      for said in readRequests(Array(bytes[..<count])) {
        if case .failed = said { Issue.record("\(count) bytes of \(text): \(said)") }
      }
    }
  }

  @Test("random bytes are refused alike, however they are cut")
  func garbage() {
    var state: UInt64 = 42
    let alphabet = Array("GET / HTTP/1.1\r\n:\r\n\r\nHost: h\r\n0123456789abcdef;,\u{0}\t".utf8)
    for _ in 0..<3000 {
      var bytes: [UInt8] = []
      for _ in 0..<60 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(alphabet[Int(state >> 33) % alphabet.count])
      }
      let request = Array("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n".utf8) + bytes
      #expect(readRequests(bytes) == readRequests(bytes, .single))
      #expect(readRequests(request) == readRequests(request, .sizes([3, 1])))
    }
  }
}
