import HTTP
import Testing

@Suite("Requests")
struct RequestParserTests {
  @Test("a request's line and fields are read")
  func simple() throws {
    let head = try head(
      "GET /tasks/a%20b?wait=5&state=ok HTTP/1.1\r\nHost: n1:80\r\nACCEPT:  application/json \t\r\nX-Empty:\r\n\r\n")
    #expect(head.method == "GET" && head.methodIs("GET") && !head.methodIs("GE"))
    #expect(head.target == "/tasks/a%20b?wait=5&state=ok")
    #expect(head.path == "/tasks/a%20b")
    #expect(head.pathSegments == ["tasks", "a b"])
    #expect(head.query["wait"] == "5" && head.query["state"] == "ok" && head.query["x"] == nil)
    #expect(head.version == .http11 && head.framing == .none && head.keepsAlive && !head.expectsContinue)
    #expect(head.headers["accept"] == "application/json" && head.headers["x-empty"] == "")
    #expect(head.authority == "n1:80")
    #expect(head.headers.count == 3)
  }

  @Test(
    "each form of target gives its path",
    arguments: [
      ("GET / HTTP/1.1", "/", [], "h"), ("GET /a/b/ HTTP/1.1", "/a/b/", ["a", "b", ""], "h"),
      ("GET //x HTTP/1.1", "//x", ["", "x"], "h"), ("GET /a%2Fb?q=/x?y HTTP/1.1", "/a%2Fb", ["a/b"], "h"),
      ("GET http://o:81/p?q HTTP/1.1", "/p", ["p"], "o:81"), ("GET HTTP://o?q HTTP/1.1", "", [], "o"),
      ("OPTIONS * HTTP/1.1", "", [], "h"), ("CONNECT o:443 HTTP/1.1", "", [], "o:443"),
      ("GET /:@!$&'()*+,;=~\"<>^`{|}\\ HTTP/1.1", "/:@!$&'()*+,;=~\"<>^`{|}\\", [":@!$&'()*+,;=~\"<>^`{|}\\"], "h"),
      ("GET http://[::1]:80/ HTTP/1.1", "/", [], "[::1]:80"), ("GET /%zz%4 HTTP/1.1", "/%zz%4", ["%zz%4"], "h"),
    ] as [(String, String, [String], String)])
  func targets(_ line: String, _ path: String, _ segments: [String], _ authority: String) throws {
    let head = try head("\(line)\r\nHost: h\r\n\r\n")
    #expect(head.path == path)
    #expect(head.pathSegments == segments)
    #expect(head.authority == authority)
  }

  @Test(
    "a connection is kept by the rules of its version",
    arguments: [
      ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close", false), ("HTTP/1.1", "Connection: Keep-Alive", true),
      ("HTTP/1.1", "connection: upgrade, CLOSE", false), ("HTTP/1.1", "Connection: closer", true),
      ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: keep-alive", true),
      ("HTTP/1.0", "Connection: keep-alive, close", false), ("HTTP/1.2", "", true),
    ])
  func keepAlive(_ version: String, _ field: String, _ keeps: Bool) throws {
    let head = try head("GET / \(version)\r\nHost: h\r\n\(field.isEmpty ? "" : field + "\r\n")\r\n")
    #expect(head.keepsAlive == keeps)
  }

  @Test("a client that waits for 100 Continue is noticed, when it has a body to send and speaks 1.1")
  func expectation() throws {
    #expect(try head("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n").expectsContinue)
    #expect(try !head("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n").expectsContinue)
    #expect(try !head("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").expectsContinue)
  }

  @Test("pipelined requests come out one after the other, bodies and empty lines between them")
  func pipelining() {
    let said = readRequests(
      "\r\nPOST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
        + "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n"
        + "GET /4 HTTP/1.0\r\n\r\nGET /5 HTTP/1.1\r\n garbage")
    #expect(
      said == [
        .head("POST /1 http11 length(5) keeps:true expects:false\nHost: h\nContent-Length: 5"), .body("hello"),
        .end(""),
        .head("GET /2 http11 none keeps:true expects:false\nHost: h"), .end(""),
        .head("POST /3 http11 chunked keeps:true expects:false\nHost: h\nTransfer-Encoding: chunked"), .body("abc"),
        .end("X: y"),
        // What follows a request that ends the connection is read over.
        .head("GET /4 http10 none keeps:false expects:false\n"), .end(""),
      ])
  }

  @Test("behind the end of a request lies the first byte of what follows")
  func position() throws {
    let text = "GET /socket HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n\r\n"
    let bytes = Array((text + "RAW").utf8)
    var parser = HTTPRequestParser()
    var place = 0
    #expect(parser.isIdle)
    guard case .head = try parser.next(in: bytes.span, at: &place) else { throw HTTPError(status: 0, reason: "") }
    #expect(!parser.isIdle)
    guard case .end = try parser.next(in: bytes.span, at: &place) else { throw HTTPError(status: 0, reason: "") }
    #expect(place == text.utf8.count)
    #expect(parser.isIdle)
  }

  @Test("a begun request line is not idle")
  func begun() throws {
    var parser = HTTPRequestParser()
    var place = 0
    let bytes = Array("GE".utf8)
    #expect(try parser.next(in: bytes.span, at: &place) == nil)
    #expect(place == 2 && !parser.isIdle)
  }

  @Test("an error is thrown again for ever")
  func stickyError() throws {
    var parser = HTTPRequestParser()
    let bytes = Array("\0".utf8)
    for _ in 0..<3 {
      var place = 0
      #expect(throws: HTTPError.self) { try parser.next(in: bytes.span, at: &place) }
    }
  }
}
