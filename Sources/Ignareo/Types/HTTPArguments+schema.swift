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
    schema.array("allOf") { rules in
      for bodies in [["body", "json"], ["form", "json"], ["body", "form"]] {
        rules.object { rule in rule.object("not") { write(together: bodies, into: &$0) } }
      }
    }
  }

  /// Bodies of two kinds, of which one excludes the other; null is a body for `json` alone.
  private static func write(together bodies: [String], into schema: inout JSONWriter) {
    schema.member("required", bodies)
    schema.object("properties") { properties in
      for name in bodies where name != "json" {
        properties.object(name) { body in body.object("not") { $0.member("type", "null") } }
      }
    }
  }

  /// Null counts as absent, but for `json`. Which header fields are the client's own affair is left to `init`.
  private static let fields: [(name: String, schema: String)] = [
    ("url", #"{"type":"string","format":"uri","pattern":"^[Hh][Tt][Tt][Pp][Ss]?://[^/?#]"}"#),
    ("method", #"{"type":["string","null"],"pattern":"\#(token){1,32}$","default":"GET"}"#),
    (
      "headers",
      #"{"type":["object","null"],"propertyNames":{"pattern":"\#(token)+$"},"#
        + #""additionalProperties":{"type":["string","number","array"],"items":{"type":["string","number"]}}}"#
    ),
    ("body", #"{"type":["string","null"]}"#),
    ("json", "{}"),
    (
      "form",
      #"{"type":["object","null"],"additionalProperties":{"type":["string","number","boolean","null","array"],"#
        + #""items":{"type":["string","number","boolean","null"]}}}"#
    ),
    ("timeout_s", #"{"type":["number","null"],"exclusiveMinimum":0,"maximum":2592000}"#),
    ("follow_redirects", #"{"type":["boolean","null"],"default":true}"#),
    ("max_redirects", #"{"type":["integer","null"],"minimum":0,"maximum":100,"default":10}"#),
    ("max_body_bytes", #"{"type":["integer","null"],"minimum":0,"maximum":67108864,"default":1048576}"#),
    ("proxy", #"{"type":["string","null"],"pattern":"^([Hh][Tt][Tt][Pp][Ss]?|socks4a|socks5h)://[^/?#]"}"#),
    ("verify_tls", #"{"type":["boolean","null"],"default":true}"#),
    (
      "expect_status",
      #"{"anyOf":[\#(status),{"type":"array","minItems":1,"items":\#(status)},{"type":"null"}],"default":"<400"}"#
    ),
    (
      "want",
      #"{"type":["array","null"],"items":{"enum":["status","headers","body","json","bytes","timing"]},"#
        + #""default":["status","body"]}"#
    ),
  ]

  /// RFC 9110, section 5.6.2.
  private static let token = "^[!#$%&'*+.^_`|~0-9A-Za-z-]"
  private static let status =
    #"{"type":["integer","string"],"minimum":100,"maximum":999,"#
    + #""pattern":"^([<>]=?[1-9][0-9][0-9]|[1-9][0-9][0-9](-[1-9][0-9][0-9])?)$"}"#
}
