import HTTP
import Testing

@Suite("Messages as bytes")
struct WireTests {
  private func response(
    _ status: Int, _ headers: HTTPHeaders, _ framing: HTTPFraming, keeps: Bool = true,
    version: HTTPVersion = .http11, date: [UInt8]? = nil
  ) -> String {
    var bytes: [UInt8] = []
    HTTPWire.appendResponseHead(
      status: status, headers: headers, framing: framing, keepsAlive: keeps, version: version, date: date, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("a head says how the body ends and whether the connection stays")
  func responseHeads() {
    #expect(
      response(200, ["Content-Type": "application/json"], .length(12), date: HTTPDate.bytes(unixSeconds: 784_111_777))
        == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        + "Content-Length: 12\r\n\r\n")
    #expect(
      response(404, [:], .none, keeps: false)
        == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    #expect(response(204, [:], .none) == "HTTP/1.1 204 No Content\r\n\r\n")
    #expect(response(304, ["ETag": "\"x\""], .none) == "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n")
    #expect(response(200, [:], .chunked) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    #expect(response(200, [:], .untilClose, version: .http10) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    #expect(
      response(200, [:], .length(1), version: .http10)
        == "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n")
    #expect(response(299, [:], .none) == "HTTP/1.1 299 Success\r\nContent-Length: 0\r\n\r\n")
  }

  @Test("what the framing decides is not taken from the headers, a Date and a Connection are")
  func overridden() {
    let headers: HTTPHeaders = [
      "content-length": "99", "Transfer-Encoding": "gzip", "Date": "today", "Connection": "upgrade",
    ]
    #expect(
      response(200, headers, .length(1), keeps: false, date: HTTPDate.bytes(unixSeconds: 0))
        == "HTTP/1.1 200 OK\r\nDate: today\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\n")
  }

  @Test("no value or name can forge a line")
  func forgery() {
    let headers: HTTPHeaders = ["Location": "/x\r\nSet-Cookie: a=b", "X\r\nY": "z"]
    #expect(
      response(302, headers, .none)
        == "HTTP/1.1 302 Found\r\nLocation: /x  Set-Cookie: a=b\r\nX--Y: z\r\nContent-Length: 0\r\n\r\n")
  }

  @Test("what is written is read back")
  func roundTrip() throws {
    var bytes = Array("POST /shards?id=1 HTTP/1.1\r\nHost: n1\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    HTTPWire.appendChunk(Array("hello ".utf8), to: &bytes)
    HTTPWire.appendChunk([UInt8](), to: &bytes)
    HTTPWire.appendChunk(Array("big world, sixteen bytes more".utf8), to: &bytes)
    HTTPWire.appendLastChunk(trailers: ["X": "y"], to: &bytes)
    let head = "POST /shards?id=1 http11 chunked keeps:true expects:false\nHost: n1\nTransfer-Encoding: chunked"
    #expect(readRequests(bytes) == [.head(head), .body("hello big world, sixteen bytes more"), .end("X: y")])
    #expect(readResponses(String(decoding: HTTPWire.continueResponse, as: UTF8.self)).first == .informational(100))
  }

  @Test("a queue that chunks and heads are appended to grows as any array does, and is not moved for each of them")
  func growth() {
    /// How often a queue moves while something is appended to it many times.
    func moves(_ append: (inout [UInt8]) -> Void) -> Int {
      var queue: [UInt8] = []
      var capacities: Set<Int> = []
      for _ in 0..<10_000 {
        append(&queue)
        capacities.insert(queue.capacity)
      }
      return capacities.count
    }
    #expect(moves { HTTPWire.appendChunk(Array("a line of results".utf8), to: &$0) } < 40)
    #expect(moves { HTTPWire.appendLastChunk(to: &$0) } < 40)
    #expect(
      moves {
        HTTPWire.appendResponseHead(
          status: 200, headers: ["Content-Type": "application/json"], framing: .chunked, keepsAlive: true, to: &$0)
      } < 40)
  }

  @Test(
    "a date is written in HTTP's form",
    arguments: [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
      (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (-86_400, "Wed, 31 Dec 1969 00:00:00 GMT"),
      (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
    ] as [(Int64, String)])
  func dates(_ seconds: Int64, _ text: String) {
    #expect(String(decoding: HTTPDate.bytes(unixSeconds: seconds), as: UTF8.self) == text)
    #expect(HTTPDate.unixSeconds(text) == seconds)
  }

  @Test(
    "what is no such date is none",
    arguments: [
      "", "120", "Thu, 01 Jan 1970 00:00:00 UTC", "Fri, 01 Jan 1970 00:00:00 GMT", "Thu, 1 Jan 1970 00:00:00 GMT",
      "Tue, 30 Feb 2000 00:00:00 GMT", "Thu, 01 Jan 1970 24:00:00 GMT", "Thu, +1 Jan 1970 00:00:00 GMT",
      "Thu, 01 Foo 1970 00:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
  func noDates(_ text: String) { #expect(HTTPDate.unixSeconds(text) == nil) }

  @Test("a stream is chunked for 1.1 and ends with the connection for 1.0")
  func streams() {
    #expect(HTTPFraming.stream(for: .http11) == .chunked)
    #expect(HTTPFraming.stream(for: .http10) == .untilClose)
  }
}
