import HTTP
import Testing

@Suite("Malformed requests")
struct MalformedRequestTests {
  static let table: [(String, Int)] = [
    // The request line.
    ("\u{16}\u{3}\u{1}", 400), (" GET / HTTP/1.1\r\n", 400), ("\nGET / HTTP/1.1\r\n", 400), ("G(T / HTTP/1.1\r\n", 400),
    ("GET\r\n", 400), ("GET /\r\n", 400), ("GET  / HTTP/1.1\r\n", 400), ("GET /  HTTP/1.1\r\n", 400),
    ("GET / HTTP/1.1 \r\n", 400), ("GET / HTTP/1.1 x\r\n", 400), ("GET\t/\tHTTP/1.1\r\n", 400),
    ("GET / http/1.1\r\n", 400),
    ("GET / HTTP/11\r\n", 400), ("GET / HTTP/1.\r\n", 400), ("GET / HTTP/1.10\r\n", 400), ("GET / HTTP/a.b\r\n", 400),
    ("GET / XTTP/1.1\r\n", 400), ("GET / HTTP/1.1\n", 400), ("GET / HTTP/1.1\r\r\n", 400),
    ("GET /\rx HTTP/1.1\r\n", 400),
    ("GET /\0 HTTP/1.1\r\n", 400), ("GET /é HTTP/1.1\r\n", 400), ("GET /a#b HTTP/1.1\r\n", 400),
    ("GET a HTTP/1.1\r\n", 400),
    ("GET * HTTP/1.1\r\n", 400), ("GET http:///x HTTP/1.1\r\n", 400), ("GET http://u@h/ HTTP/1.1\r\n", 400),
    ("GET ftp://h/ HTTP/1.1\r\n", 400), ("CONNECT /x HTTP/1.1\r\n", 400), ("GET / HTTP/2.0\r\n", 505),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), ("GET / HTTP/0.9\r\n", 505), ("GET / HTTP/3.1\r\n", 505),
    (String(repeating: "\r\n", count: 9), 400),
    // Fields.
    ("GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\n\tfolded\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost\t: h\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost h\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost\r\n\r\n", 400), ("GET / HTTP/1.1\r\n: h\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nH@st: h\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHöst: h\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: h\r\n\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\rX: y\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nX: a\u{7f}b\r\n\r\n", 400),
    // Host.
    ("GET / HTTP/1.1\r\n\r\n", 400), ("GET http://h/ HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", 400), ("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: h:8x\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    // Framing.
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5x\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5 5\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5,\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked;q=1\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \"chunked\"\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 501),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked,\r\n\r\n", 400),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n", 417),
  ]

  @Test("is refused with its status, whatever the pieces", arguments: table)
  func refused(_ text: String, _ status: Int) {
    #expect(readRequests(text) == [.failed(status)])
    #expect(readRequests(text, .single) == [.failed(status)])
  }

  static let chunks: [(String, Int)] = [
    ("x\r\n", 400), ("\r\n", 400), (";x\r\n", 400), (" 5\r\n", 400), ("-5\r\n", 400), ("+5\r\n", 400), ("0x5\r\n", 400),
    ("5 \r\nhello\r\n", 400), ("5 x\r\n", 400), ("5\nhello", 400), ("5;a\nb\r\n", 400), ("5;a\rb\r\n", 400),
    ("5;\0\r\n", 400), ("5\r\nhelloX", 400), ("5\r\nhello\n", 400), ("5\r\nhello\rX", 400), ("5\r\nhello5\r\n", 400),
    ("10000000000000000\r\n", 413), ("ffffffffffffffff\r\n", 413), ("8000000000000000\r\n", 413),
    ("5;" + String(repeating: "e", count: 300), 400), (String(repeating: "0", count: 300), 400),
    ("0\r\nX : y\r\n\r\n", 400), ("0\r\n folded\r\n\r\n", 400), ("0\r\nX: y\n\r\n", 400),
    ("0\r\nno colon\r\n\r\n", 400),
    ("0\r\nX: " + String(repeating: "e", count: 9000), 431), ("0\r\n" + String(repeating: "X: y\r\n", count: 33), 431),
  ]

  @Test("a chunked body that is malformed is refused with its status, whatever the pieces", arguments: chunks)
  func refusedChunk(_ text: String, _ status: Int) {
    let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(readRequests(head + text).last == .failed(status))
    #expect(readRequests(head + text) == readRequests(head + text, .single))
  }

  @Test("each limit is kept to the byte, with its status")
  func limits() {
    var limits = HTTPLimits()
    limits.startLineBytes = 20
    limits.headerBlockBytes = 30
    limits.headerFields = 3
    limits.bodyBytes = 10
    func last(_ text: String) -> Said? {
      let said = readRequests(text, limits: limits)
      #expect(said == readRequests(text, .single, limits: limits))
      return said.last
    }
    #expect(last("GET /234567 HTTP/1.1\r\nHost: h\r\n\r\n") == .end(""))
    #expect(last("GET /2345678 HTTP/1.1\r\nHost: h\r\n\r\n") == .failed(414))
    #expect(last("GET /2345678901234567890") == .failed(414))
    #expect(last("GET / HTTP/1.1\r\nHost: h\r\nX: 67890123456\r\n\r\n") == .end(""))
    #expect(last("GET / HTTP/1.1\r\nHost: h\r\nX: 678901234567890123\r\n\r\n") == .failed(431))
    #expect(last("GET / HTTP/1.1\r\nHost: h\r\nX: 678901234567890123456789") == .failed(431))
    #expect(last("GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:\r\n\r\n") == .end(""))
    #expect(last("GET / HTTP/1.1\r\nHost: h\r\nA:\r\nB:\r\nC:\r\n\r\n") == .failed(431))
    #expect(last("PUT / HTTP/1.0\r\nContent-Length: 10\r\n\r\n0123456789") == .end(""))
    #expect(last("PUT / HTTP/1.0\r\nContent-Length: 11\r\n\r\n") == .failed(413))
    limits.headerBlockBytes = 60
    let chunked = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(last(chunked + "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n") == .end(""))
    #expect(last(chunked + "5\r\nhello\r\n6\r\nhello!\r\n0\r\n\r\n") == .failed(413))
  }

  @Test("the default limits are 8 KiB, 64 KiB and 128 fields")
  func defaults() {
    func request(path: Int = 1, fields: Int = 0, value: Int = 1) -> String {
      let field = "X: \(String(repeating: "v", count: value))\r\n"
      return "GET /\(String(repeating: "p", count: path - 1)) HTTP/1.1\r\nHost: h\r\n"
        + String(repeating: field, count: fields) + "\r\n"
    }
    #expect(readRequests(request(path: 8192 - 13)).last == .end(""))
    #expect(readRequests(request(path: 8192 - 12)).last == .failed(414))
    #expect(readRequests(request(fields: 127)).last == .end(""))
    #expect(readRequests(request(fields: 128)).last == .failed(431))
    #expect(readRequests(request(fields: 1, value: 65_500)).last == .end(""))
    #expect(readRequests(request(fields: 1, value: 65_536)).last == .failed(431))
    #expect(readRequests(request(fields: 100, value: 700)).last == .failed(431))
  }

  @Test("a status has a sentence with it")
  func sentences() {
    let error = #expect(throws: HTTPError.self) { try head("GET / HTTP/1.1\r\n\r\n") }
    #expect(error.map { "\($0)" } == "400 Bad Request: the request has no Host field")
  }
}
