import HTTP
import Loop
import Net
import Testing

@testable import Ignareo

@Suite("Cookies of a session", .timeLimit(.minutes(2)))
struct CookieTests {
  /// Runs a test as a task beside a website that sets what `set-cookie` of the target asks for, and answers with the
  /// cookies that it is sent.
  private func withSite(_ body: @escaping @Sendable (TaskContext, Website) async throws -> Void) async throws {
    try await TaskContext.run { context in
      let site = try Website(context.runner.loop) { _, exchange in
        var headers = HTTPHeaders()
        let query = Query(exchange.request.target.utf8.drop { $0 != UInt8(ascii: "?") }.dropFirst())
        for cookie in query.values("set") { headers.add("Set-Cookie", cookie) }
        exchange.respond(status: 200, headers: headers, body: Array((exchange.request.headers["cookie"] ?? "").utf8))
      }
      defer { site.close() }
      try await body(context, site)
    }
  }

  @Test("what a server sets can be read, part by part, and is sent again by that session alone")
  func read() async throws {
    try await withSite { context, site async throws in
      let session = context.session(Session.Options(baseURL: site.url()))
      #expect(session.cookies.isEmpty)
      _ = try await session.get(
        "/a/b",
        query: [("set", "id=42; Path=/a; HttpOnly"), ("set", "empty=; Max-Age=3600"), ("set", "gone=1; Max-Age=0")])
      let cookies = Dictionary(uniqueKeysWithValues: session.cookies.map { ($0.name, $0) })
      #expect(cookies["id"] == Cookie("id", "42", domain: "127.0.0.1", path: "/a", isHTTPOnly: true))
      let empty = try #require(cookies["empty"])
      // The path is the request's own, up to its last slash.
      #expect(empty.value.isEmpty && empty.path.hasPrefix("/a") && empty.expiresAtUnixSeconds ?? 0 > 1_700_000_000)
      #expect(cookies.count == 2)
      #expect(try await session.get("/a/c").text.split(separator: "; ").sorted() == ["empty=", "id=42"])
      #expect(try await session.get("/").text.isEmpty)
      #expect(try await context.session().get(site.url("/a/")).text.isEmpty)
    }
  }

  @Test("cookies are carried from one session to another, through JSON too, and taken out again")
  func carry() async throws {
    try await withSite { context, site async throws in
      let first = context.session()
      _ = try await first.get(site.url("/"), query: [("set", "id=42"), ("set", "b=\"x,y\"; HttpOnly")])
      let kept = try AnyJSON(encoding: first.cookies)
      let second = context.session()
      try second.setCookies(try kept.decode())
      #expect(Set(second.cookies) == Set(first.cookies) && second.cookies.count == 2)
      #expect(try await second.get(site.url("/")).text.split(separator: "; ").sorted() == ["b=\"x,y\"", "id=42"])
      // The same name, domain and path: the other's place. An expiry in the past: gone.
      try second.setCookies([Cookie("id", "43", domain: "127.0.0.1")])
      try second.setCookies([Cookie("b", "", domain: "127.0.0.1", expiresAtUnixSeconds: 0)])
      #expect(try await second.get(site.url("/")).text == "id=43")
      second.removeCookies()
      #expect(second.cookies.isEmpty)
      #expect(try await second.get(site.url("/")).text.isEmpty)
      #expect(first.cookies.count == 2)
    }
  }

  @Test("a cookie for a domain counts for the hosts below it, if it says so")
  func subdomains() async throws {
    try await withSite { context, site async throws in
      let session = context.session()
      let cookies = [
        Cookie("all", "1", domain: "shop.example", includesSubdomains: true),
        Cookie("one", "1", domain: "shop.example"),
        Cookie("tls", "1", domain: "shop.example", isSecure: true),
      ]
      try session.setCookies(cookies)
      #expect(Set(session.cookies) == Set(cookies))
      // The website answers for every host, as a proxy.
      session.options.proxy = "http://\(site.authority)"
      #expect(try await session.get("http://www.shop.example/").text == "all=1")
      #expect(try await session.get("http://shop.example/").text.split(separator: "; ").sorted() == ["all=1", "one=1"])
      #expect(try await session.get("http://workshop.example/").text.isEmpty)
    }
  }

  @Test(
    "what no cookie can be is refused with its name, and nothing is set",
    arguments: [
      Cookie("a\tb", "1", domain: "a.example"), Cookie("", "1", domain: "a.example"),
      Cookie("a=b", "1", domain: "a.example"), Cookie("a", "1\r\nSet-Cookie: b=2", domain: "a.example"),
      Cookie("a", "1;b", domain: "a.example"), Cookie("a", "1", domain: ""), Cookie("a", "1", domain: "http://a/"),
      Cookie("a", "1", domain: ".a.example"), Cookie("a", "1", domain: "a.example", path: "b"),
      Cookie("__Secure-a", "1", domain: "a.example"),
    ])
  func refused(_ cookie: Cookie) async throws {
    try await TaskContext.run { context in
      let session = context.session()
      let failure = #expect(throws: TaskFailure.self) { try session.setCookies([cookie]) }
      #expect(failure?.code == .badArguments && failure?.message.contains("'\(cookie.name)'") == true)
      #expect(session.cookies.isEmpty)
    }
  }
}
