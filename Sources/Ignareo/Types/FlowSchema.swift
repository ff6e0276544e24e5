internal import JSON

/// JSON Schema (2020-12) of a flow's arguments.
enum FlowSchema {
  static let value: JSONValue = .object { schema in
    schema.member("type", "object")
    schema.object("properties") { properties in
      properties.member("vars", raw: #"{"type":"object","propertyNames":\#(name)}"#.utf8)
      properties.member(
        "steps", raw: ##"{"type":"array","minItems":1,"maxItems":1000,"items":{"$ref":"#/$defs/step"}}"##.utf8)
      properties.member("return", raw: "true".utf8)
    }
    schema.member("required", ["steps"])
    schema.member("additionalProperties", false)
    schema.object("$defs") { definitions in
      definitions.member("step", raw: step.utf8)
      definitions.member("request") { writeRequest(into: &$0) }
      definitions.member("condition", raw: condition.utf8)
      definitions.member("conditions", raw: conditions.utf8)
      definitions.member("filled", raw: filled.utf8)
      definitions.member("seconds", raw: seconds.utf8)
    }
  }

  /// Where the beginning is filled in, only the running flow knows it.
  private static let url = #"{"type":"string","pattern":"^([Hh][Tt][Tt][Pp][Ss]?://|.*\\{\\{)"}"#

  private static let name = #"{"type":"string","pattern":"^[A-Za-z_][A-Za-z0-9_-]*$"}"#

  private static let verbs = ["get", "post", "put", "patch", "delete", "head"]

  /// A verb with the URL, the name of the answer, and the fields of `http`, each of which may be filled in.
  private static func writeRequest(into writer: inout JSONWriter) {
    writer.object { request in
      request.member("type", "object")
      request.object("properties") { properties in
        for verb in verbs { properties.member(verb, raw: url.utf8) }
        properties.member("as", raw: name.utf8)
        HTTPArguments.schema["properties"]?.forEachMember { name, field in
          guard !(name == "url"), !(name == "method") else { return }
          properties.object(name.string) { either in
            either.array("anyOf") { array in
              array.value(field)
              array.raw(##"{"$ref":"#/$defs/filled"}"##)
            }
          }
        }
      }
      request.array("oneOf") { array in
        for verb in verbs { array.object { $0.member("required", [verb]) } }
      }
      request.member("additionalProperties", false)
    }
  }

  private static let step = compact(
    ##"""
    {"oneOf":[
    {"$ref":"#/$defs/request"},
    {"type":"object","properties":{"poll":{"$ref":"#/$defs/request"},"until":{"$ref":"#/$defs/condition"},
    "every_s":{"$ref":"#/$defs/seconds"},"for_s":{"$ref":"#/$defs/seconds"}},
    "required":["poll","until"],"additionalProperties":false},
    {"type":"object","properties":{"extract":{"type":"object","propertyNames":\##(name),"additionalProperties":
    {"type":"object","properties":{"from":{"type":"string"},"regex":{"type":"string"},"pointer":{"type":"string"}},
    "required":["from"],"anyOf":[{"required":["regex"]},{"required":["pointer"]}],"additionalProperties":false}}},
    "required":["extract"],"additionalProperties":false},
    {"type":"object","properties":{"sleep_s":{"$ref":"#/$defs/seconds"}},
    "required":["sleep_s"],"additionalProperties":false},
    {"type":"object","properties":{"assert":{"$ref":"#/$defs/condition"},"message":{"type":"string"}},
    "required":["assert"],"additionalProperties":false},
    {"type":"object","properties":{"set":{"type":"object","propertyNames":\##(name)}},
    "required":["set"],"additionalProperties":false}]}
    """##)

  private static let condition = compact(
    ##"""
    {"oneOf":[
    {"type":"object","properties":{"from":{"type":"string"},"pointer":{"type":"string"},"equals":true,
    "not_equals":true,"matches":{"type":"string","format":"regex"},"exists":{"type":"boolean"},
    "less_than":{"type":["number","string"]},"greater_than":{"type":["number","string"]}},
    "required":["from"],"minProperties":2,"additionalProperties":false},
    {"type":"object","properties":{"all":{"$ref":"#/$defs/conditions"}},
    "required":["all"],"additionalProperties":false},
    {"type":"object","properties":{"any":{"$ref":"#/$defs/conditions"}},
    "required":["any"],"additionalProperties":false},
    {"type":"object","properties":{"not":{"$ref":"#/$defs/condition"}},
    "required":["not"],"additionalProperties":false}]}
    """##)

  private static let conditions = ##"{"type":"array","minItems":1,"items":{"$ref":"#/$defs/condition"}}"##

  /// A string that is one substitution, and becomes a value of any type.
  private static let filled = ##"{"type":"string","pattern":"^\\{\\{[^{}]+\\}\\}$"}"##
  private static let seconds =
    ##"{"anyOf":[{"type":"number","minimum":0,"maximum":2592000},{"$ref":"#/$defs/filled"}]}"##

  /// On one line: it is shown in the lines of NDJSON too.
  private static func compact(_ text: String) -> String { text.filter { $0 != "\n" } }
}
