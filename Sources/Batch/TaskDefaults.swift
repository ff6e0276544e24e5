import JSON

/// A submission's defaults under a task: what the task names wins, field by field; inside `args`, member by member.
enum TaskDefaults {
  static func args(_ own: JSONValue?, over defaults: JSONValue?) -> JSONValue? {
    guard let own else { return defaults }
    guard let defaults, own.kind == .object, defaults.kind == .object else { return own }
    return merge(own, over: defaults, nullIsAbsent: false) ?? own
  }

  /// The bytes of defaults that lie over others.
  static func bytes(of fields: TaskFields, over others: TaskFields) -> ArraySlice<UInt8> {
    bytes(of: fields, args: args(fields.args, over: others.args), over: others)
  }

  /// The task's bytes with what the defaults add to them.
  static func bytes(of fields: TaskFields, args: JSONValue?, over defaults: TaskFields?) -> ArraySlice<UInt8> {
    guard let defaults, let merged = merge(fields.source, over: defaults.source, nullIsAbsent: true)
    else { return onOneLine(fields.source) }
    guard let args, args.bytes != fields.args?.bytes, fields.args != nil else { return merged.bytes }
    return JSONValue.object { writer in
      merged.forEachMember { key, value in
        writer.key(key.string)
        writer.value(key == "args" ? args : value)
      }
    }.bytes
  }

  /// A task travels as a line of NDJSON.
  private static func onOneLine(_ value: JSONValue) -> ArraySlice<UInt8> {
    value.isOneLine ? value.bytes : JSONValue.writing { $0.value(value) }.bytes
  }

  /// Nil where the defaults add nothing. In a task, null says nothing, except as an argument.
  private static func merge(_ own: JSONValue, over defaults: JSONValue, nullIsAbsent: Bool) -> JSONValue? {
    func isAbsent(_ key: JSONKey, _ value: JSONValue) -> Bool { nullIsAbsent && value.isNull && !(key == "args") }
    var present: [String] = []
    own.forEachMember { key, value in if !isAbsent(key, value) { present.append(key.string) } }
    let missing = (defaults.members ?? []).filter { !present.contains($0.key.string) }
    let overlaps = nullIsAbsent && present.contains("args") && defaults["args"] != nil
    guard !missing.isEmpty || overlaps else { return nil }
    return JSONValue.object { writer in
      for member in missing {
        writer.key(member.key.string)
        writer.value(member.value)
      }
      own.forEachMember { key, value in
        guard !isAbsent(key, value) else { return }
        writer.key(key.string)
        writer.value(value)
      }
    }
  }
}
