import Clockwork
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// Runs one `http` task on a node and gives its task object.
private func run(_ node: NodeBench, _ args: String, extra: String = "") async throws -> JSONValue {
  let answer = try await node.ask("POST", "/tasks?wait=30", #"{"task":"http","args":\#(args)\#(extra)}"#)
  #expect(answer.status == 200)
  return try #require(answer.json.at(pointer: "/tasks/0"))
}

@Suite("The http task", .timeLimit(.minutes(2)))
struct HTTPTaskTests {
  @Test("the value has status and body, or what is wanted")
  func value() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, exchange in
        exchange.respond(
          status: 203, headers: ["X-A": "1", "X-A": "2", "Content-Type": "application/json"],
          body: Array(#"{"n":1}"#.utf8))
      }
      defer { site.close() }
      let plain = try await run(node, #"{"url":"\#(site.url("/p"))"}"#)
      #expect(
        plain["value"]?.text
          == #"{"status":203,"url":"\#(site.url("/p"))","http_version":"1.1","body":"{\"n\":1}"}"#)
      let wanted = try await run(
        node, #"{"url":"\#(site.url())","want":["headers","json","bytes","timing"]}"#)
      let value = try #require(wanted["value"])
      #expect(value["status"] == nil && value["body"] == nil)
      #expect(value["headers"]?["x-a"]?.string == "1, 2")
      #expect(value["json"]?["n"]?.int == 1)
      #expect(value["bytes"]?.int == 7)
      for phase in ["dns", "connect", "tls", "first_byte", "total"] {
        #expect(value["timing_ms"]?[phase]?.double != nil)
      }
    }
  }

  @Test(
    "a busy answer is worth another attempt, but only for a request that may be sent twice", arguments: [408, 425, 429])
  func busy(status: Int) async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { site, exchange in
        exchange.respond(status: site.requests.count < 3 ? status : 200)
      }
      defer { site.close() }
      let post = try await run(node, #"{"url":"\#(site.url())","method":"POST"}"#, extra: #","attempts":3"#)
      #expect(post.at(pointer: "/error/code")?.string == "http_status")
      #expect(post.at(pointer: "/error/retryable")?.bool == true)
      #expect(site.requests == ["POST /"])
      let get = try await run(node, #"{"url":"\#(site.url())"}"#, extra: #","attempts":3"#)
      #expect(get["status"]?.string == "ok")
      #expect(site.requests == ["POST /", "GET /", "GET /"])
    }
  }

  @Test("JSON that is nested too deep for a value fails its task, and says so", arguments: [246, 248, 300])
  func deepJSON(depth: Int) async throws {
    try await withNode { node async throws in
      let body = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      let site = try Website(node.loop) { _, exchange in exchange.respond(json: Array(body.utf8)) }
      defer { site.close() }
      let task = try await run(node, #"{"url":"\#(site.url())","want":["json"]}"#)
      if depth < Limits.valueDepth {
        #expect(task["status"]?.string == "ok")
      } else {
        #expect(task.at(pointer: "/error/code")?.string == "internal")
        #expect(task.at(pointer: "/error/message")?.string?.contains("248 levels") == true)
      }
    }
  }

  @Test("method, headers and body arrive as they were given")
  func request() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, exchange in
        exchange.collectBody(upTo: 1000) { body in
          let request = exchange.request
          let said = ["x-a", "content-type"].map { request.headers[$0] ?? "-" }.joined(separator: " ")
          let text = String(decoding: (try? body.get()) ?? [], as: UTF8.self)
          exchange.respond(status: 200, body: Array("\(request.method) \(said) \(text)".utf8))
        }
      }
      defer { site.close() }
      let cases = [
        (#""method":"put","body":"hi","headers":{"X-A":["1","2"]}"#, "PUT 1, 2 - hi"),
        (#""method":"POST","json":{"a": 1}"#, #"POST - application/json {"a": 1}"#),
        (#""method":"POST","json":7,"headers":{"content-type":"text/x"}"#, "POST - text/x 7"),
        (#""method":"POST","form":{"a":"b c"}"#, "POST - application/x-www-form-urlencoded a=b+c"),
        (#""method":"DELETE""#, "DELETE - - "),
      ]
      for (fields, expected) in cases {
        let task = try await run(node, #"{"url":"\#(site.url())",\#(fields)}"#)
        #expect(task["value"]?["body"]?.string == expected)
      }
    }
  }

  @Test("a body that is not UTF-8 comes as base64")
  func binary() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, exchange in exchange.respond(status: 200, body: [0xff, 0x00, 0x01]) }
      defer { site.close() }
      let value = try await run(node, #"{"url":"\#(site.url())"}"#)["value"]
      #expect(value?["body"] == nil)
      #expect(value?["body_base64"]?.string == "/wAB")
    }
  }

  @Test("an unexpected status is http_status, worth another attempt when the server says so")
  func status() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, exchange in
        exchange.respond(status: exchange.request.path == "/busy" ? 503 : 404)
      }
      defer { site.close() }
      let missing = try await run(node, #"{"url":"\#(site.url())"}"#, extra: #","attempts":3"#)
      #expect(missing["error"]?["code"]?.string == "http_status")
      #expect(missing["error"]?["retryable"]?.bool == false)
      #expect(missing["attempts"]?.int == 1)
      #expect(missing["error"]?["message"]?.string == "\(site.authority) answered 404 to GET, expected <400")
      let busy = try await run(node, #"{"url":"\#(site.url("/busy"))"}"#, extra: #","attempts":2"#)
      #expect(busy["attempts"]?.int == 2)
      let once = try await run(node, #"{"url":"\#(site.url("/busy"))","method":"POST"}"#, extra: #","attempts":2"#)
      #expect(once["attempts"]?.int == 1)
      let meant = try await run(node, #"{"url":"\#(site.url())","expect_status":[404,"500-599"],"want":["status"]}"#)
      #expect(meant["value"]?["status"]?.int == 404)
    }
  }

  @Test("redirects are followed within their limit, or not at all")
  func redirects() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, exchange in
        guard let step = Int(exchange.request.path.dropFirst()), step > 0 else { return exchange.respond(status: 200) }
        exchange.respond(status: 302, headers: ["Location": "/\(step - 1)"])
      }
      defer { site.close() }
      let followed = try await run(node, #"{"url":"\#(site.url("/3"))"}"#)
      #expect(followed["value"]?["url"]?.string == site.url("/0"))
      let tooMany = try await run(node, #"{"url":"\#(site.url("/3"))","max_redirects":2}"#)
      #expect(tooMany["error"]?["code"]?.string == "http_status")
      let refused = try await run(node, #"{"url":"\#(site.url("/3"))","follow_redirects":false}"#)
      #expect(refused["value"]?["status"]?.int == 302)
    }
  }

  @Test("each failure has its code, and its message names the host and the cause")
  func failures() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, exchange in
        switch exchange.request.path {
        case "/large": exchange.respond(status: 200, body: [UInt8](repeating: 0x61, count: 2000))
        case "/text": exchange.respond(status: 200, body: Array("no json".utf8))
        default: break
        }
      }
      let closed = try Website(node.loop) { _, _ in }
      let deadAuthority = closed.authority
      closed.close()
      defer { site.close() }
      let cases = [
        (#"{"url":"http://\#(deadAuthority)/"}"#, "connect", deadAuthority),
        (#"{"url":"http://no-such-host.invalid/"}"#, "dns", "no-such-host.invalid"),
        (#"{"url":"https://\#(site.authority)/"}"#, "tls", site.authority),
        (#"{"url":"\#(site.url("/never"))","timeout_s":0.05}"#, "timeout", site.authority),
        (#"{"url":"\#(site.url("/large"))","max_body_bytes":1999}"#, "too_large", site.authority),
        (#"{"url":"\#(site.url("/text"))","want":["json"]}"#, "assertion", site.authority),
      ]
      for (args, code, host) in cases {
        let task = try await run(node, args)
        #expect(task["error"]?["code"]?.string == code)
        #expect(task["error"]?["message"]?.string?.contains(host) == true, "\(task)")
      }
      let whole = try await run(node, #"{"url":"\#(site.url("/large"))","max_body_bytes":2000,"want":["bytes"]}"#)
      #expect(whole["value"]?["bytes"]?.int == 2000)
    }
  }

  @Test(
    "a task that must not run twice is not sent twice either, on a kept-alive connection that dies",
    arguments: ["GET", "PUT", "DELETE"])
  func notSentTwice(method: String) async throws {
    try await withNode { node async throws in
      for (said, code) in [("", "connect"), (#","repeatable":true"#, "connect"), (#","repeatable":false"#, "lost")] {
        var site: Website?
        var requests = 0
        site = try Website(node.loop) { _, exchange in
          requests += 1
          // The second one is this server's last.
          if requests == 1 { exchange.respond(status: 200) } else { site?.close() }
        }
        let url = try #require(site).url()
        _ = try await run(node, #"{"url":"\#(url)"}"#)
        let task = try await run(node, #"{"url":"\#(url)","method":"\#(method)"}"#, extra: said)
        #expect(task["error"]?["code"]?.string == code, "\(said): \(task)")
        #expect(requests == 2)
      }
    }
  }

  @Test("an attempt's own time-out names the host too")
  func attemptTimeout() async throws {
    try await withNode { node async throws in
      let site = try Website(node.loop) { _, _ in }
      defer { site.close() }
      let task = try await run(node, #"{"url":"\#(site.url())"}"#, extra: #","timeout_s":0.1"#)
      #expect(task["error"]?["code"]?.string == "timeout")
      #expect(task["error"]?["message"]?.string?.contains(site.authority) == true)
    }
  }

  @Test("two thousand requests run at once on two loops over kept-alive connections")
  func many() async throws {
    try await withNode(loops: 2, capacity: 2000) { node async throws in
      let site = try Website(node.loop) { _, exchange in exchange.respond(status: 200, body: Array("hello".utf8)) }
      defer { site.close() }
      let line = #"{"task":"http","args":{"url":"\#(site.url())"}}"# + "\n"
      let answer = try await node.ask(
        "POST", "/tasks?wait=60", String(repeating: line, count: 2000), type: "application/x-ndjson")
      #expect(answer.status == 200)
      let tasks = answer.json["tasks"]?.elements ?? []
      #expect(tasks.count == 2000)
      #expect(tasks.allSatisfy { $0.at(pointer: "/value/body")?.string == "hello" })
    }
  }
}
