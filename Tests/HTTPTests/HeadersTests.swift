import HTTP
import Testing

@Suite("Header fields")
struct HeadersTests {
  @Test("names are found without regard to case, values joined in order")
  func lookup() {
    var headers: HTTPHeaders = ["Accept": "a", "X": "1", "accept": "b"]
    #expect(headers["ACCEPT"] == "a, b")
    #expect(headers.values("accept") == ["a", "b"])
    #expect(headers.firstValue("accept").map(Array.init) == Array("a".utf8))
    #expect(headers["y"] == nil && headers.contains("x") && !headers.contains("y"))
    headers["accept"] = "c"
    #expect(headers.all.map(\.name) == ["X", "accept"] && headers["Accept"] == "c")
    headers["x"] = nil
    #expect(headers == ["ACCEPT": "c"] && headers != ["ACCEPT": "C"] && headers.count == 1)
    headers.remove("accept")
    #expect(headers.isEmpty)
  }

  @Test("letters alone lose their case")
  func caseOfSigns() {
    let headers: HTTPHeaders = ["a^": "1"]
    #expect(headers["A^"] == "1" && headers["a~"] == nil)
  }

  @Test("a member of a list is found")
  func tokens() {
    let headers: HTTPHeaders = ["Connection": "Upgrade ,\tkeep-alive", "connection": ",x,"]
    #expect(headers.contains("connection", token: "upgrade"))
    #expect(headers.contains("connection", token: "Keep-Alive"))
    #expect(headers.contains("connection", token: "x"))
    #expect(!headers.contains("connection", token: "keep"))
    #expect(!headers.contains("upgrade", token: "x"))
  }

  @Test("text from outside can be checked before it becomes a field")
  func checks() {
    #expect(HTTPHeaders.isName("X-a_1!") && !HTTPHeaders.isName("") && !HTTPHeaders.isName("a b"))
    #expect(!HTTPHeaders.isName("a:") && !HTTPHeaders.isName("é"))
    #expect(HTTPHeaders.isValue("") && HTTPHeaders.isValue("a\tb é") && !HTTPHeaders.isValue("a\r\nb"))
    #expect(!HTTPHeaders.isValue("\0"))
  }

  @Test("every token byte and no other makes a name")
  func tokenBytes() {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    for code in UInt8(0)..<128 {
      let text = String(UnicodeScalar(code))
      #expect(HTTPHeaders.isName(text) == ("!#$%&'*+-.^_`|~" + letters).contains(text))
    }
  }

  @Test("every status of the contract has its phrase")
  func reasons() {
    let phrases = [
      200: "OK", 202: "Accepted", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
      408: "Request Timeout", 413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
      422: "Unprocessable Content", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
      501: "Not Implemented", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
      507: "Insufficient Storage",
      599: "Server Error", 999: "Unknown",
    ]
    for (status, phrase) in phrases { #expect("\(HTTPStatus.reason(of: status))" == phrase) }
  }
}
