import HTTP
import Testing

@Suite("Targets, authorities, media types")
struct TargetTests {
  @Test(
    "a query's items are decoded",
    arguments: [
      ("", []), ("a", [["a", ""]]), ("a=", [["a", ""]]), ("a=b&&c=d=e", [["a", "b"], ["c", "d=e"]]),
      ("a+b=c%20d%2B", [["a b", "c d+"]]), ("%C3%A9=%F0%9F%98%80", [["é", "😀"]]),
      ("a=%zz%4&b=%", [["a", "%zz%4"], ["b", "%"]]),
      ("=x", [["", "x"]]), ("a=%%41", [["a", "%A"]]), ("a=%4%41", [["a", "%4A"]]),
    ] as [(String, [[String]])])
  func queries(_ text: String, _ items: [[String]]) {
    #expect(Query(text.utf8).items.map { [$0.name, $0.value] } == items)
  }

  @Test("a query is asked by name and written so that it reads back")
  func queryNames() {
    let query = Query("index=1&index=2&name=a b&é=%26".utf8)
    #expect(query["index"] == "1" && query.values("index") == ["1", "2"] && query["x"] == nil)
    #expect(query.encoded == "index=1&index=2&name=a%20b&%C3%A9=%26")
    #expect(Query(query.encoded.utf8) == query)
    #expect(PercentEncoding.encoded("a/b?c-._~1") == "a%2Fb%3Fc-._~1")
    #expect(PercentEncoding.decoded("a+%2b".utf8, plusIsSpace: false) == Array("a++".utf8))
  }

  @Test(
    "an authority is read and written",
    arguments: [
      ("localhost:80", "localhost", 80, "localhost:80"), ("10.0.0.7:0", "10.0.0.7", 0, "10.0.0.7:0"),
      ("[::1]:65535", "::1", 65535, "[::1]:65535"),
      ("n-1.x_y.example:7946", "n-1.x_y.example", 7946, "n-1.x_y.example:7946"),
      ("[fe80::1%eth0]:1", "fe80::1%eth0", 1, "[fe80::1%eth0]:1"), ("[::]:0080", "::", 80, "[::]:80"),
      ("[1:2:3:4:5:6:7:8]:1", "1:2:3:4:5:6:7:8", 1, "[1:2:3:4:5:6:7:8]:1"),
      ("[::ffff:10.0.0.7]:1", "::ffff:10.0.0.7", 1, "[::ffff:10.0.0.7]:1"),
      ("[1::]:1", "1::", 1, "[1::]:1"), ("[2001:db8::A:1]:1", "2001:db8::A:1", 1, "[2001:db8::A:1]:1"),
    ] as [(String, String, UInt16, String)])
  func authorities(_ text: String, _ host: String, _ port: UInt16, _ written: String) throws {
    let authority = try Authority(parsing: text)
    #expect(authority == Authority(host: host, port: port))
    #expect(authority.description == written)
    #expect(Authority(text) == authority)
  }

  @Test(
    "an authority that is none is refused with the reason",
    arguments: [
      ("", "has no host"), (":80", "has no host"), ("h", "has no port"), ("h:", "is no port"), ("h:x", "is no port"),
      ("h:-1", "is no port"), ("h:+1", "is no port"), ("h:65536", "ports go from 0 to 65535"),
      ("h:99999999999999999999", "ports go from 0 to 65535"), ("::1:80", "in brackets"), ("::1", "in brackets"),
      ("h:80:90", "in brackets"), ("[::1", "no closing bracket"), ("[::1]", "has no port"), ("[::1]80", "is no port"),
      ("[]:80", "no IPv6 address"), ("[x]:80", "no IPv6 address"), ("[1.2.3.4]:80", "no IPv6 address"),
      ("[1:2]:80", "no IPv6 address"), ("[1::2::3]:80", "no IPv6 address"), ("[:::]:80", "no IPv6 address"),
      ("[1:2:3:4:5:6:7:8:9]:80", "no IPv6 address"), ("[1:2:3:4::5:6:7:8]:80", "no IPv6 address"),
      ("[12345::]:80", "no IPv6 address"), ("[::1%]:80", "no IPv6 address"), ("[::256.1.1.1]:80", "no IPv6 address"),
      ("[:1::]:80", "no IPv6 address"), ("[::1:]:80", "no IPv6 address"),
      ("a b:80", "is no host name"), ("u@h:80", "is no host name"), ("h/x:80", "is no host name"),
      ("é:80", "is no host name"),
    ])
  func badAuthorities(_ text: String, _ reason: String) {
    let error = #expect(throws: HTTPError.self) { try Authority(parsing: text) }
    #expect(Authority(text) == nil)
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }

  @Test("a default port stands in for a missing one alone")
  func defaultPort() throws {
    #expect(try Authority(parsing: "h", defaultPort: 80).port == 80)
    #expect(try Authority(parsing: "[::1]", defaultPort: 80).port == 80)
    #expect(try Authority(parsing: "h:81", defaultPort: 80).port == 81)
    #expect(throws: HTTPError.self) { try Authority(parsing: "h:", defaultPort: 80) }
  }

  @Test("a media type is read and written")
  func mediaTypes() throws {
    let media = try #require(MediaType("Text/HTML ; Charset=\"utf-8\";q=1; x=\"a;\\\"b, c\""))
    #expect(media.essence == "text/html")
    #expect(media["charset"] == "utf-8" && media["x"] == "a;\"b, c" && media["y"] == nil)
    #expect(media.description == "text/html; charset=utf-8; q=1; x=\"a;\\\"b, c\"")
    #expect(MediaType("application/json;") == .json)
    let headers: HTTPHeaders = ["Content-Type": "application/x-ndjson; charset=utf-8"]
    #expect(headers.contentType?.essence == MediaType.ndjson.essence)
    for text in ["", "json", "a/", "/b", "a/b/c", "a b/c", "a/b; x", "a/b; =1", "a/b; x=", "a/b; x=\"y", "a/b;x=y z"] {
      #expect(MediaType(text) == nil, "\(text)")
    }
  }

  @Test(
    "the most welcome offer is chosen",
    arguments: [
      (nil, "application/json"), ("", "application/json"), ("*/*", "application/json"), ("text/html", "text/html"),
      ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
      ("application/json, text/html;q=0.9", "application/json"), ("text/*, application/json;q=0.5", "text/html"),
      ("text/event-stream", nil), ("*/*, application/json;q=0", "text/html"), ("TEXT/HTML;Q=0.1", "text/html"),
      ("image/png, garbage", nil), ("text/html;q=0", nil),
    ] as [(String?, String?)])
  func accepts(_ accept: String?, _ expected: String?) {
    #expect(AcceptedTypes(accept).best(of: [.json, .html])?.essence == expected)
  }

  @Test("an Accept field says what is welcome")
  func acceptsStream() {
    let headers: HTTPHeaders = ["Accept": "text/event-stream"]
    #expect(headers.accept.contains(.eventStream) && !headers.accept.contains(.json))
    #expect(AcceptedTypes("text/*;q=0.25").quality(of: .html) == 250)
  }
}
