internal import JSON

extension HTTPArguments {
  /// JSON Schema (2020-12) of what `init` takes.
  static let schema: JSONValue = .object { schema in
    schema.member("type", "object")
    schema.object("properties") { properties in
      for (name, text) in fields { properties.member(name, raw: Array(text.utf8)) }
    }
    schema.member("required", ["url"])
    schema.member("additionalProperties", false)
  }

  private static let fields: [(name: String, schema: String)] = [
    ("url", #"{"type":"string","format":"uri"}"#),
    ("method", #"{"type":"string","default":"GET"}"#),
    (
      "headers",
      #"{"type":"object","additionalProperties":{"type":["string","number","array"],"items":{"type":"string"}}}"#
    ),
    ("body", #"{"type":"string"}"#),
    ("json", "{}"),
    ("form", #"{"type":"object"}"#),
    ("timeout_s", #"{"type":"number","exclusiveMinimum":0}"#),
    ("follow_redirects", #"{"type":"boolean","default":true}"#),
    ("max_redirects", #"{"type":"integer","minimum":0,"maximum":100,"default":10}"#),
    ("max_body_bytes", #"{"type":"integer","minimum":0,"maximum":67108864,"default":1048576}"#),
    ("proxy", #"{"type":"string"}"#),
    ("verify_tls", #"{"type":"boolean","default":true}"#),
    ("expect_status", #"{"type":["string","integer","array"],"default":"<400"}"#),
    (
      "want",
      #"{"type":"array","items":{"enum":["status","headers","body","json","bytes","timing"]},"#
        + #""default":["status","body"]}"#
    ),
  ]
}
