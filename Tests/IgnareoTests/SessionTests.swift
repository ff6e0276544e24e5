import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// Runs a test as a task, beside a website on its loop.
private func withSite(
  _ answer: @escaping @Sendable (Website, HTTPExchange) -> Void,
  _ body: @escaping @Sendable (TaskContext, Website) async throws -> Void
) async throws {
  try await TaskContext.run { context in
    let site = try Website(context.runner.loop, answer)
    defer { site.close() }
    try await body(context, site)
  }
}

/// Answers with what it was asked: method, target, header fields, body.
@Sendable private func mirror(_ site: Website, _ exchange: HTTPExchange) {
  let request = exchange.request
  exchange.collectBody(upTo: 1 << 20) { body in
    exchange.respond(
      json: JSONValue.object { object in
        object.member("method", request.method)
        object.member("target", request.target)
        object.object("headers") { for (name, value) in request.headers.all { $0.member(name.lowercased(), value) } }
        object.member("body", String(decoding: (try? body.get()) ?? [], as: UTF8.self))
      }.bytes.map(\.self))
  }
}

@Suite("Sessions", .timeLimit(.minutes(2)))
struct SessionTests {
  @Test("every method is sent with its body and media type")
  func methods() async throws {
    try await withSite(mirror) { context, site async throws in
      let session = context.session(Session.Options(baseURL: site.url()))
      let answers = [
        try await session.get("/a"), try await session.delete("/a"), try await session.post("/a", body: .text("x")),
        try await session.put("/a", body: .bytes([0x78])), try await session.patch("/a", body: .form([("k", "v w")])),
        try await session.post("/a", json: ["n": 1]), try await session.put("/a", json: [1]),
        try await session.patch("/a", json: "s"), try await session.request("PURGE", "/a"),
      ]
      let seen = try answers.map { try $0.json() }
      #expect(
        seen.map { $0["method"]?.string } == [
          "GET", "DELETE", "POST", "PUT", "PATCH", "POST", "PUT", "PATCH", "PURGE",
        ])
      #expect(seen.map { $0["body"]?.string } == ["", "", "x", "x", "k=v+w", #"{"n":1}"#, "[1]", #""s""#, ""])
      let types = seen.map { $0.at(pointer: "/headers/content-type")?.string }
      #expect(types[4] == "application/x-www-form-urlencoded" && types[5] == "application/json" && types[2] == nil)
      #expect(answers.allSatisfy { $0.httpVersion == "1.1" && $0.isOK && $0.url == site.url("/a") })
      #expect(try await session.head("/a").body.isEmpty)
    }
  }

  @Test("a URL without a scheme is appended to the base URL, and a query is added, percent-encoded")
  func urls() throws {
    func url(_ base: String?, _ text: String, _ query: [(name: String, value: String)] = []) throws -> String {
      try Session.Options(baseURL: base).url(text, query)
    }
    #expect(try url(nil, "http://a/b?c") == "http://a/b?c")
    #expect(try url("http://x/", "HTTPS://a/b") == "HTTPS://a/b")
    for base in ["http://a/v1", "http://a/v1/"] {
      #expect(try url(base, "/items") == "http://a/v1/items" && url(base, "items") == "http://a/v1/items")
      #expect(try url(base, "") == base && url(base, "?q") == base + "?q")
    }
    #expect(try url("http://a", "/at?to=http://b") == "http://a/at?to=http://b")
    #expect(try url(nil, "http://a/b", [("q", "x y&z"), ("ü", "")]) == "http://a/b?q=x%20y%26z&%C3%BC=")
    #expect(try url(nil, "http://a/b?c=d#e", [("f", "g")]) == "http://a/b?c=d&f=g#e")
    #expect(try url(nil, "http://a/b?", [("f", "g")]) == "http://a/b?f=g")
    for (base, text) in [(nil, "/items"), (nil, "a.example"), ("shop.example", "/"), ("http://a/?b", "/")] {
      let failure = #expect(throws: TaskFailure.self) { try url(base, text) }
      #expect(failure?.code == .badArguments)
    }
  }

  @Test("the session's headers are sent with every request, and a request's own take their place")
  func headers() async throws {
    try await withSite(mirror) { context, site async throws in
      let session = context.session(Session.Options(baseURL: site.url(), headers: ["X-A": "1", "User-Agent": "me"]))
      let first = try await session.get("/", headers: ["x-a": "2", "X-B": "3"]).json()["headers"]
      #expect(first?["x-a"]?.string == "2" && first?["x-b"]?.string == "3" && first?["user-agent"]?.string == "me")
      session.options.headers["Authorization"] = "Bearer token"
      let second = try await session.get("/").json()["headers"]
      #expect(second?["x-a"]?.string == "1" && second?["authorization"]?.string == "Bearer token")
    }
  }

  @Test(
    "a header field that HTTP cannot carry, or that is the client's own, is refused before anything is sent",
    arguments: [("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("", "1"), ("X-A\r\nX-B", "1"), ("Content-Length", "7")])
  func badHeader(_ name: String, _ value: String) async throws {
    try await withSite(mirror) { context, site async throws in
      let session = context.session()
      let failure = await #expect(throws: TaskFailure.self) {
        try await session.get(site.url(), headers: [name: value])
      }
      #expect(failure?.code == .badArguments)
      session.options.headers = [name: value]
      await #expect(throws: try #require(failure)) { try await session.get(site.url()) }
      #expect(site.requests.isEmpty)
    }
  }

  @Test("redirects are followed or not, as the session or the request says")
  func redirects() async throws {
    let redirecting: @Sendable (Website, HTTPExchange) -> Void = { site, exchange in
      let number = Int(exchange.request.target.dropFirst()) ?? 0
      guard number > 0 else { return exchange.respond(status: 200) }
      exchange.respond(status: 302, headers: ["Location": "/\(number - 1)"])
    }
    try await withSite(redirecting) { context, site async throws in
      let session = context.session(Session.Options(baseURL: site.url()))
      let end = try await session.get("/3")
      #expect(end.status == 200 && end.url == site.url("/0"))
      let stays = try await session.request("GET", "/3", followsRedirects: false)
      #expect(stays.status == 302 && stays.header("location") == "/2" && stays.isOK)
      session.options.maxRedirects = 2
      let failure = await #expect(throws: TaskFailure.self) { try await session.get("/3") }
      #expect(failure?.code == .httpStatus)
      session.options.followsRedirects = false
      #expect(try await session.get("/3").status == 302)
      #expect(try await session.request("GET", "/2", followsRedirects: true).status == 200)
    }
  }

  @Test("the session's limits on time and size hold, and a request's own time takes the place of the first")
  func limits() async throws {
    let slow: @Sendable (Website, HTTPExchange) -> Void = { site, exchange in
      if exchange.request.target == "/large" { exchange.respond(status: 200, body: Array(repeating: 0x78, count: 101)) }
    }
    try await withSite(slow) { context, site async throws in
      let session = context.session(Session.Options(baseURL: site.url()))
      session.options.maxBodyBytes = 100
      let large = await #expect(throws: TaskFailure.self) { try await session.get("/large") }
      #expect(large?.code == .tooLarge)
      session.options.maxBodyBytes = 101
      #expect(try await session.get("/large").body.count == 101)
      let own = await #expect(throws: TaskFailure.self) { try await session.get("/", timeout: .milliseconds(20)) }
      #expect(own?.code == .timeout)
      session.options.timeout = .milliseconds(20)
      let common = await #expect(throws: TaskFailure.self) { try await session.get("/") }
      #expect(common?.code == .timeout)
    }
  }

  @Test("a proxy is asked instead of the host; what the options say of TLS and dialling reaches the client")
  func wayOut() async throws {
    try await withSite(mirror) { context, site async throws in
      let session = context.session()
      session.options.proxy = "http://\(site.authority)"
      let seen = try await session.get("http://shop.example/items?q=1").json()
      #expect(seen.at(pointer: "/headers/host")?.string == "shop.example")
      #expect(seen["target"]?.string == "http://shop.example/items?q=1")
      session.options.proxy = "gopher://x"
      let failure = await #expect(throws: TaskFailure.self) { try await session.get("http://shop.example/") }
      #expect(failure?.code == .badArguments)
    }
    var options = Session.Options()
    (options.verifiesTLS, options.connectTimeout) = (false, .seconds(3))
    var request = HTTPClientRequest("https://a")
    options.apply(to: &request)
    #expect(!request.verifiesTLS && request.connectTimeout == .seconds(3))
  }

  @Test("a status from 400 on is refused where an answer is checked, and may be retried if the server is only busy")
  func checked() async throws {
    let teller: @Sendable (Website, HTTPExchange) -> Void = { _, exchange in
      let status = Int(exchange.request.target.dropFirst().prefix { $0 != "?" }) ?? 0
      exchange.respond(status: status, body: Array("no JSON".utf8))
    }
    try await withSite(teller) { context, site async throws in
      let session = context.session(Session.Options(baseURL: "http://ann:secret@\(site.authority)"))
      for status in [200, 302, 399] { #expect(try await session.get("/\(status)").checked().status == status) }
      for (status, isRetryable) in [(400, false), (404, false), (429, true), (500, true), (503, true)] {
        let answer = try await session.get("/\(status)?token=7")
        #expect(!answer.isOK)
        let failure = #expect(throws: TaskFailure.self) { try answer.checked() }
        #expect(failure?.code == .httpStatus && failure?.isRetryable == isRetryable)
        #expect(failure?.message == "http://\(site.authority)/\(status) answered \(status)")
        let other = #expect(throws: TaskFailure.self) { try answer.json() }
        #expect(other?.message.hasPrefix("http://\(site.authority)/\(status) answered \(status)") == true)
      }
    }
  }
}
