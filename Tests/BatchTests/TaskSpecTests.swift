import Batch
import JSON
import Testing

@Suite struct TaskSpecTests {
  private func spec(_ text: String, defaults: String? = nil) throws -> TaskSpec {
    let defaults = try defaults.map { try TaskFields(JSONValue.parse($0)) }
    return try TaskSpec(parsing: Array(text.utf8)[...], defaults: defaults)
  }

  @Test("a task that says only its type has the contract's defaults and keeps its bytes")
  func plain() throws {
    let text = #"{ "task" : "echo" }"#
    let spec = try spec(text)
    #expect(spec.type == "echo" && spec.attempts == 1 && spec.priority == 0 && spec.isRepeatable)
    #expect(spec.id == nil && spec.key == nil && spec.limit == nil)
    #expect(String(decoding: spec.bytes, as: UTF8.self) == text)
  }

  @Test("a task written over several lines becomes one line, and means the same")
  func severalLines() throws {
    let spec = try spec("{\"task\":\r\n\"echo\",\n\"args\":[1,\n2]}")
    #expect(String(decoding: spec.bytes, as: UTF8.self) == #"{"task":"echo","args":[1,2]}"#)
  }

  @Test("every field is read")
  func allFields() throws {
    let spec = try spec(
      #"{"task":"shop","args":[1],"id":"a\"b","key":"k","limit":{"rate_per_s":0.5,"concurrency":2},"timeout_s":1.5,"#
        + #""attempts":3,"repeatable":true,"priority":-100}"#)
    #expect(spec.type == "shop" && spec.key == "k" && spec.attempts == 3 && spec.isRepeatable && spec.priority == -100)
    #expect(spec.id?.string == #"a"b"#)
    #expect(spec.limit == TaskLimit(ratePerSecond: 0.5, concurrency: 2))
  }

  @Test(
    "whether a task is repeatable follows from its type and its methods",
    arguments: [
      (#"{"task":"http","args":{"url":"http://a"}}"#, true),
      (#"{"task":"http","args":{"url":"http://a","method":"put"}}"#, true),
      (#"{"task":"http","args":{"url":"http://a","method":"POST"}}"#, false),
      (#"{"task":"http","args":{"url":"http://a","method":"POST"},"repeatable":true}"#, true),
      (#"{"task":"http","args":{"url":"http://a","method":"PATCH"}}"#, false),
      (#"{"task":"sleep"}"#, true), (#"{"task":"fail"}"#, true), (#"{"task":"my-worker"}"#, false),
      (#"{"task":"echo","repeatable":false}"#, false),
      (
        #"{"task":"flow","args":{"steps":[{"get":"http://a"},{"poll":{"get":"http://a"},"until":{}},{"sleep_s":1}]}}"#,
        true
      ),
      (#"{"task":"flow","args":{"steps":[{"get":"http://a"},{"post":"http://a"}]}}"#, false),
      (#"{"task":"flow","args":{"steps":[{"poll":{"post":"http://a"},"until":{}}]}}"#, false),
      (#"{"task":"flow","args":{}}"#, false),
    ])
  func repeatable(text: String, expected: Bool) throws { #expect(try spec(text).isRepeatable == expected) }

  @Test(
    "the key @host is the host of the first URL",
    arguments: [
      (
        #"{"task":"http","key":"@host","args":{"url":"https://User:pw@Shop.Example:8443/a?b=http://c"}}"#,
        "shop.example"
      ),
      (#"{"task":"http","key":"@host","args":{"url":"http://[::1]:80/"}}"#, "[::1]"),
      (
        #"{"task":"flow","key":"@host","args":{"vars":{"b":"http://b.net"},"steps":[{"set":{}},{"get":"{{b}}/x"}]}}"#,
        "b.net"
      ),
      (#"{"task":"flow","key":"@host","args":{"steps":[{"poll":{"get":"http://c.example"}}]}}"#, "c.example"),
    ])
  func hostKey(text: String, expected: String) throws { #expect(try spec(text).key == expected) }

  @Test(
    "a bad task is refused with the place of what is wrong",
    arguments: [
      ("{", "", "ends in the middle"), ("[]", "", "an array"), ("7", "", "a number"),
      (#"{"args":{}}"#, "/task", "missing"),
      (#"{"task":""}"#, "/task", "1 to 256"), (#"{"task":null}"#, "/task", "missing"),
      (#"{"task":7}"#, "/task", "not 7"),
      (#"{"task":"a","id":7}"#, "/id", "a string"), (#"{"task":"a","key":""}"#, "/key", "1 to 1024"),
      (#"{"task":"a","timeout_s":0}"#, "/timeout_s", "above 0"),
      (#"{"task":"a","timeout_s":"9"}"#, "/timeout_s", "not \"9\""),
      (#"{"task":"a","timeout_s":1e99}"#, "/timeout_s", "2592000"),
      (#"{"task":"a","attempts":0}"#, "/attempts", "from 1"),
      (#"{"task":"a","attempts":1.5}"#, "/attempts", "not 1.5"),
      (#"{"task":"a","repeatable":1}"#, "/repeatable", "true or false"),
      (#"{"task":"a","priority":101}"#, "/priority", "-100 to 100"),
      (#"{"task":"a","args":1,"args":2}"#, "/args", "twice"), (#"{"task":"a","task":"b"}"#, "/task", "twice"),
      (#"{"task":"a","attempts":2,"\u0061ttempts":3}"#, "/attempts", "twice"),
      (#"{"task":"a","timout_s":1}"#, "/timout_s", "timeout_s"),
      (#"{"task":"a","index":1}"#, "/index", "no field"), (#"{"task":"a","limit":{"concurrency":1}}"#, "/limit", "key"),
      (#"{"task":"a","key":"k","limit":{}}"#, "/limit", "rate_per_s"),
      (#"{"task":"a","key":"k","limit":5}"#, "/limit", "not 5"),
      (#"{"task":"a","key":"k","limit":{"rate_per_s":0}}"#, "/limit/rate_per_s", "0.00001"),
      (#"{"task":"a","key":"k","limit":{"rate_per_s":1e-9}}"#, "/limit/rate_per_s", "0.00001"),
      (#"{"task":"a","key":"k","limit":{"rate_per_s":1e300}}"#, "/limit/rate_per_s", "1000000"),
      (#"{"task":"a","key":"k","limit":{"concurrency":0}}"#, "/limit/concurrency", "from 1"),
      (#"{"task":"a","key":"k","limit":{"rate":1}}"#, "/limit/rate", "rate_per_s"),
      (#"{"task":"echo","key":"@host"}"#, "/key", "URL"),
      (#"{"task":"http","key":"@host","args":{"url":"nowhere"}}"#, "/key", "URL"),
    ])
  func refused(text: String, pointer: String, word: String) {
    do throws(TaskSpecError) {
      _ = try TaskSpec(parsing: Array(text.utf8)[...])
      Issue.record("accepted \(text)")
    } catch {
      #expect(error.pointer.description == pointer, "\(error)")
      #expect(error.detail.contains(word), "\(error.detail)")
    }
  }

  @Test("a task over a mebibyte is refused as too large, before and after its defaults")
  func tooLarge() throws {
    let long = String(repeating: "x", count: 1 << 20)
    for (text, defaults) in [
      (#"{"task":"echo","args":"\#(long)"}"#, nil), (#"{"task":"echo"}"#, #"{"args":"\#(long)"}"#),
    ] {
      do throws(TaskSpecError) {
        let defaults = try defaults.map { text throws(TaskSpecError) in
          try TaskFields(JSONValue(trusted: Array(text.utf8)[...]))
        }
        _ = try TaskSpec(parsing: Array(text.utf8)[...], defaults: defaults)
        Issue.record("accepted")
      } catch {
        #expect(error.code == .tooLarge && error.detail.contains("1 MiB"))
      }
    }
  }

  @Test(
    "defaults lie under the task, field by field, and inside args member by member",
    arguments: [
      (#"{"args":{"url":"u"}}"#, #"{"task":"http","attempts":3}"#, #"{"task":"http","attempts":3,"args":{"url":"u"}}"#),
      (#"{"task":"echo","attempts":1}"#, #"{"task":"http","attempts":3}"#, #"{"task":"echo","attempts":1}"#),
      (
        #"{"args":{"url":"u"}}"#, #"{"task":"http","args":{"url":"d","method":"PUT"}}"#,
        #"{"task":"http","args":{"method":"PUT","url":"u"}}"#
      ),
      (#"{"task":"a","args":{"id":null}}"#, #"{"args":{"x":1}}"#, #"{"task":"a","args":{"x":1,"id":null}}"#),
      (#"{"task":"a","args":5}"#, #"{"args":{"x":1}}"#, #"{"task":"a","args":5}"#),
      (#"{"task":"a","timeout_s":null}"#, #"{"timeout_s":5}"#, #"{"timeout_s":5,"task":"a"}"#),
    ])
  func defaults(text: String, defaults: String, expected: String) throws {
    let spec = try spec(text, defaults: defaults)
    #expect(
      JSONValue(trusted: spec.bytes) == JSONValue(trusted: Array(expected.utf8)[...]),
      "\(JSONValue(trusted: spec.bytes))")
  }

  @Test("a default method decides whether a task is repeatable")
  func repeatableByDefaults() throws {
    let defaults = #"{"task":"http","args":{"method":"POST"}}"#
    #expect(try !spec(#"{"args":{"url":"http://a"}}"#, defaults: defaults).isRepeatable)
    #expect(try spec(#"{"args":{"url":"http://a","method":"GET"}}"#, defaults: defaults).isRepeatable)
  }
}
