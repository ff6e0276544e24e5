import JSON
import Testing

@testable import Ignareo

@Suite("Arguments")
struct ArgumentTests {
  static func prepare(_ type: String, _ json: String) -> TaskFailure? {
    do throws(TaskFailure) {
      _ = try TaskTypes.builtIn[type]?.prepare(try! JSONValue.parse(json))
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "arguments of http that fit are taken",
    arguments: [
      #"{"url":"http://h"}"#, #"{"url":"https://user:secret@h:8443/p?q#f"}"#, #"{"url":"http://[::1]:80/"}"#,
      #"{"url":"http://h","method":"patch","json":null}"#, #"{"url":"http://h","form":{"a":[1,"b"],"c":true}}"#,
      #"{"url":"http://h","headers":{"x-a":"1","x-b":["1","2"],"x-c":3}}"#,
      #"{"url":"http://h","expect_status":[200,"300-399",">=500"],"want":["timing","bytes","json"]}"#,
      #"{"url":"http://h","timeout_s":0.5,"follow_redirects":false,"max_redirects":0,"max_body_bytes":0}"#,
      #"{"url":"http://h","proxy":"socks5h://127.0.0.1:1080","verify_tls":false,"body":""}"#,
    ])
  func good(json: String) {
    #expect(Self.prepare("http", json) == nil)
  }

  @Test(
    "arguments of http that do not fit are refused with their place",
    arguments: [
      ("[]", ""), ("{}", "/url"), (#"{"url":1}"#, "/url"), (#"{"url":"ftp://h"}"#, "/url"), (#"{"url":"h/p"}"#, "/url"),
      (#"{"url":"http://"}"#, "/url"), (#"{"url":"http://h h"}"#, "/url"), (#"{"url":"http://h:99999"}"#, "/url"),
      (#"{"url":"http://h","urk":1}"#, "/urk"), (#"{"url":"http://h","method":"G T"}"#, "/method"),
      (#"{"url":"http://h","headers":{"a b":"1"}}"#, "/headers/a b"),
      (#"{"url":"http://h","headers":{"a":"1\r\nb: 2"}}"#, "/headers/a"),
      (#"{"url":"http://h","headers":{"a":["x",null]}}"#, "/headers/a/1"),
      (#"{"url":"http://h","headers":{"Content-Length":"1"}}"#, "/headers/Content-Length"),
      (#"{"url":"http://h","body":"a","json":1}"#, "/json"), (#"{"url":"http://h","form":{"a":{}}}"#, "/form/a"),
      (#"{"url":"http://h","timeout_s":0}"#, "/timeout_s"), (#"{"url":"http://h","timeout_s":"1"}"#, "/timeout_s"),
      (#"{"url":"http://h","max_redirects":-1}"#, "/max_redirects"),
      (#"{"url":"http://h","max_body_bytes":1.5}"#, "/max_body_bytes"),
      (#"{"url":"http://h","proxy":"h:1"}"#, "/proxy"), (#"{"url":"http://h","verify_tls":1}"#, "/verify_tls"),
      (#"{"url":"http://h","expect_status":"OK"}"#, "/expect_status"),
      (#"{"url":"http://h","expect_status":[]}"#, "/expect_status"),
      (#"{"url":"http://h","expect_status":[200,"299-200"]}"#, "/expect_status/1"),
      (#"{"url":"http://h","want":["body","cookies"]}"#, "/want/1"), (#"{"url":"http://h","url":"http://i"}"#, "/url"),
    ])
  func bad(json: String, pointer: String) {
    let failure = Self.prepare("http", json)
    #expect(failure?.code == .badArguments)
    #expect(failure?.pointer == pointer)
    #expect(failure?.message.contains(pointer) == true)
  }

  @Test(
    "arguments of the other built-in types that do not fit are refused with their place",
    arguments: [
      ("sleep", "{}", "/seconds"), ("sleep", #"{"seconds":-1}"#, "/seconds"),
      ("sleep", #"{"seconds":1e99}"#, "/seconds"),
      ("sleep", #"{"minutes":1}"#, "/minutes"), ("sleep", "7", ""), ("fail", #"{"code":"odd"}"#, "/code"),
      ("fail", #"{"times":-1}"#, "/times"), ("fail", #"{"message":1}"#, "/message"),
    ])
  func badOthers(type: String, json: String, pointer: String) {
    #expect(Self.prepare(type, json)?.pointer == pointer)
  }

  @Test(
    "expected statuses take in what they say",
    arguments: [
      (#""<400""#, [100, 399], [400]), ("200", [200], [199, 201]), (#""200-299""#, [200, 299], [300]),
      (#"["204",">=500"]"#, [204, 500, 599], [200]), (#"">299""#, [300], [299]), (#""<=299""#, [299], [300]),
    ])
  func statuses(json: String, inside: [Int], outside: [Int]) throws {
    let expected = try ExpectedStatus(Argument(try JSONValue.parse(json)))
    for status in inside { #expect(expected.contains(status)) }
    for status in outside { #expect(!expected.contains(status)) }
  }

  @Test("a password in a URL does not get into the host that messages name")
  func secret() throws {
    let arguments = try HTTPArguments(try JSONValue.parse(#"{"url":"http://me:pw@h:81/"}"#))
    #expect(arguments.host == "h:81")
  }

  @Test("a form is percent-encoded")
  func form() throws {
    let form = try FormBody.bytes(Argument(try JSONValue.parse(#"{"a b":"ü&=","n":[1,true,null]}"#)))
    #expect(String(decoding: form, as: UTF8.self) == "a+b=%C3%BC%26%3D&n=1&n=true&n=")
  }

  @Test(
    "a task object that is not as it must be is refused with its place",
    arguments: [
      ("1", "", TaskFailure.Code.badArguments), ("{}", "/task", .badArguments),
      (#"{"task":"nope"}"#, "/task", .unknownTask),
      (#"{"task":"echo","timeout_s":0}"#, "/timeout_s", .badArguments),
      (#"{"task":"echo","attempts":0}"#, "/attempts", .badArguments),
      (#"{"task":"echo","priority":101}"#, "/priority", .badArguments),
      (#"{"task":"echo","repeatable":"yes"}"#, "/repeatable", .badArguments),
      (#"{"task":"echo","id":7}"#, "/id", .badArguments),
      (#"{"task":"echo","tiemout_s":7}"#, "/tiemout_s", .badArguments),
      (#"{"task":"echo","limit":{"concurrency":1}}"#, "/limit", .badArguments),
      (#"{"task":"echo","key":"k","limit":{"concurrency":0}}"#, "/limit/concurrency", .badArguments),
      (#"{"task":"echo","key":"k","limit":{}}"#, "/limit", .badArguments),
      (#"{"task":"echo","key":"k","limit":{"rate_per_s":0.000001}}"#, "/limit/rate_per_s", .badArguments),
      (#"{"task":"sleep","args":{"seconds":"x"}}"#, "/args/seconds", .badArguments),
    ])
  func drafts(json: String, pointer: String, code: TaskFailure.Code) throws {
    let value = try JSONValue.parse(json)
    do {
      _ = try TaskDraft(value, types: .builtIn)
      Issue.record("\(json) was taken")
    } catch {
      #expect(error.pointer == pointer)
      #expect(error.code == code)
    }
  }

  @Test("a task's own fields win over what its type and arguments suggest")
  func draftFields() throws {
    let post = #"{"task":"http","args":{"url":"http://h","method":"POST"}"#
    let plain = try TaskDraft(try JSONValue.parse(post + "}"), types: .builtIn)
    #expect(!plain.isRepeatable && plain.attempts == 1 && plain.timeout == .seconds(60))
    let own = try TaskDraft(
      try JSONValue.parse(post + #","repeatable":true,"attempts":4,"timeout_s":1.5}"#), types: .builtIn)
    #expect(own.isRepeatable && own.attempts == 4 && own.timeout == .milliseconds(1500))
  }
}
