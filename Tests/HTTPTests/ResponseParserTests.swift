import HTTP
import Testing

@Suite("Responses")
struct ResponseParserTests {
  static let table: [(String, [String], [Said])] = [
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", ["GET"],
      [.head("200 OK length(5) keeps:true\nContent-Length: 5"), .body("hello"), .end("")]
    ),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 304\r\nContent-Length: 9\r\n\r\n", ["HEAD", "GET"],
      [
        .head("200 OK none keeps:true\nContent-Length: 5"), .end(""),
        .head("304  none keeps:true\nContent-Length: 9"), .end(""),
      ]
    ),
    (
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", ["POST"],
      [.informational(100), .informational(103), .head("204 No Content none keeps:true\n"), .end("")]
    ),
    (
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", ["GET"],
      [.head("101 Switching Protocols none keeps:true\nUpgrade: websocket"), .end("")]
    ),
    (
      "HTTP/1.1 200 OK\r\n\r\nuntil the end", ["GET"],
      [.head("200 OK untilClose keeps:false\n"), .body("until the end"), .end("")]
    ),
    (
      "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx", ["GET"],
      [.head("200 OK length(1) keeps:true\nContent-Length: 1\nConnection: keep-alive"), .body("x"), .end("")]
    ),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        + "3\r\nabc\r\n2;x\r\nde\r\n0\r\nT: v\r\n\r\n",
      ["GET"],
      [
        .head("200 OK chunked keeps:false\nTransfer-Encoding: chunked\nConnection: close"), .body("abcde"),
        .end("T: v"),
      ]
    ),
    // What some servers send is mended: line feeds alone, folded lines, one length said twice.
    (
      "HTTP/1.1 200 OK\nA: b\n c\nContent-Length: 2, 2\n\nhi", ["GET"],
      [.head("200 OK length(2) keeps:true\nA: b  c\nContent-Length: 2, 2"), .body("hi"), .end("")]
    ),
    (
      "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", ["GET"],
      [.head("200  none keeps:true\nContent-Length: 0"), .end("")]
    ),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", ["CONNECT"],
      [.head("200 OK none keeps:true\nContent-Length: 9"), .end("")]
    ),
    ("", ["GET"], []),
  ]

  @Test("is read to its end, whatever the pieces", arguments: table)
  func read(_ text: String, _ methods: [String], _ expected: [Said]) {
    #expect(readResponses(text, methods: methods) == expected)
    #expect(readResponses(text, .single, methods: methods) == expected)
    #expect(readResponses(text, .sizes([5, 2]), methods: methods) == expected)
  }

  @Test(
    "that is malformed or torn is an error",
    arguments: [
      "SSH-2.0-OpenSSH\r\n", "HTTP/1.1\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 X\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 O\0K\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
      "HTTP/1.1 200 OK\r\n folded: first\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP", "H",
    ])
  func refused(_ text: String) {
    #expect(readResponses(text).last == .failed(502))
    #expect(readResponses(text, .single).last == .failed(502))
  }

  @Test("a folded line keeps its words apart by blanks alone")
  func folding() {
    let said = readResponses("HTTP/1.1 204 X\r\nA: b \r\n\t c\r\n   d\r\n\r\n")
    #expect(said.first == .head("204 X none keeps:true\nA: b     c     d"))
  }

  @Test("folded lines of blanks alone, or behind an empty value, leave no blanks at a value's ends")
  func emptyFolding() {
    let text = "HTTP/1.1 204 X\r\nA:\r\n b\tc\r\n \r\nB: \r\n\t\r\n \r\nC: d\r\n \r\n e\r\n\r\n"
    #expect(readResponses(text).first == .head("204 X none keeps:true\nA: b\tc\nB: \nC: d      e"))
  }
}
