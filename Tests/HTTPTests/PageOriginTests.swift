import Testing

@testable import HTTP

@Suite("Which pages may act here")
struct PageOriginTests {
  private func refusal(
    host: String, origins: [String], target: String = "/socket", ownNames: Set<String> = ["node.example", "a.example"]
  ) throws -> HTTPError? {
    let lines = ["GET \(target) HTTP/1.1", "Host: \(host)"] + origins.map { "Origin: \($0)" }
    let head = try head(lines.joined(separator: "\r\n") + "\r\n\r\n")
    do throws(HTTPError) {
      try PageOrigin.check(head, ownNames: ownNames)
      return nil
    } catch {
      return error
    }
  }

  @Test("a program, which sends no origin, may")
  func program() throws {
    #expect(try refusal(host: "127.0.0.1:55568", origins: []) == nil)
  }

  @Test(
    "a page of the same host and port may, whatever the case, the scheme's own port left out or not",
    arguments: [
      ("127.0.0.1:55568", "http://127.0.0.1:55568"), ("node.example", "http://node.example"),
      ("node.example:80", "http://node.example"), ("node.example", "https://node.example:443"),
      ("Node.Example", "HTTPS://node.example"), ("[::1]:55568", "http://[::1]:55568"),
    ])
  func sameSite(host: String, origin: String) throws {
    #expect(try refusal(host: host, origins: [origin]) == nil)
  }

  @Test("the host of an absolute target counts, as it does for all else")
  func absoluteTarget() throws {
    let target = "http://a.example/socket"
    #expect(try refusal(host: "b.example", origins: ["http://a.example"], target: target) == nil)
    #expect(try refusal(host: "b.example", origins: ["http://b.example"], target: target)?.status == 403)
  }

  @Test(
    "any other page is refused with 403 and the reason",
    arguments: [
      "http://evil.example", "http://evil.example:55568", "http://127.0.0.1", "http://127.0.0.1:55569",
      "https://127.0.0.1", "http://localhost:55568", "null", "file://", "", "http://", "ftp://127.0.0.1:55568",
      "http://127.0.0.1:55568/", "http://127.0.0.1:55568@evil.example", "http://127.0.0.1:55568.evil.example",
      "moz-extension://0a1b", "127.0.0.1:55568", "http://127.0.0.1:55568 http://evil.example",
    ])
  func otherSite(origin: String) throws {
    let refused = try #require(try refusal(host: "127.0.0.1:55568", origins: [origin]))
    #expect(refused.status == 403)
    #expect(refused.reason.contains(origin) && refused.reason.contains("127.0.0.1:55568"))
  }

  @Test("two origins are none, even if each is the right one")
  func two() throws {
    let origin = "http://127.0.0.1:55568"
    #expect(try refusal(host: "127.0.0.1:55568", origins: [origin, origin])?.status == 403)
  }

  @Test("an empty Host is no page's host")
  func emptyHost() throws {
    #expect(try refusal(host: "", origins: ["http://127.0.0.1"])?.status == 403)
  }

  @Test(
    "a page of a name that a stranger may own is refused, though it is the name that the request is for",
    arguments: [
      "evil.example:55568", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evillocalhost",
      "node.example.evil", "1.2.3", "256.0.0.1",
    ])
  func rebound(host: String) throws {
    let refused = try #require(try refusal(host: host, origins: ["http://\(host)"]))
    #expect(refused.status == 403 && refused.reason.contains("--advertise"))
  }

  @Test(
    "a page of an address, of localhost or of a name of this server's own may",
    arguments: [
      "localhost:55568", "LocalHost", "node1.localhost:8", "10.0.0.7:55568", "[fe80::1]:55568", "node.example:9",
    ])
  func own(host: String) throws {
    #expect(try refusal(host: host, origins: ["http://\(host)"]) == nil)
  }
}
