import JSON

/// Results counted by a field, and their errors by code with an example each.
struct ResultSummary {
  /// The field's path inside a result; empty counts by status.
  private let path: [String]
  private var results = 0
  /// By the field's text, in the order of first sight.
  private var groups: [String: Int] = [:]
  /// Results whose field has a value beyond the number of groups that are told.
  private var others = 0
  private var errors: [String: (count: Int, example: JSONValue)] = [:]

  init(by path: [String]) { self.path = path.isEmpty ? ["status"] : path }

  mutating func take(_ result: JSONValue) {
    results += 1
    let text = Self.field(path[...], of: result).map(Self.text) ?? "(none)"
    if groups[text] != nil || groups.count < CoordinatorLimits.summaryGroups {
      groups[text, default: 0] += 1
    } else {
      others += 1
    }
    guard let error = result["error"] else { return }
    let code = error["code"]?.string ?? "internal"
    if let known = errors[code] {
      errors[code] = (known.count + 1, known.example)
    } else {
      errors[code] = (1, result.detached)
    }
  }

  func write(into writer: inout JSONWriter) {
    writer.member("results", results)
    writer.member("by", path.joined(separator: "."))
    writer.object("counts") { object in
      for (text, count) in groups.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) { object.member(text, count) }
      if others > 0 { object.member("(others)", others) }
    }
    writer.object("errors") { object in
      for (code, error) in errors.sorted(by: { $0.key < $1.key }) {
        object.object(code) {
          $0.member("count", error.count)
          $0.member("example", error.example)
        }
      }
    }
  }

  /// The name of a value's group, cut so that a summary stays small.
  private static func text(_ value: JSONValue) -> String {
    let text = value.string ?? value.text
    guard text.utf8.count > CoordinatorLimits.groupBytes else { return text }
    var (cut, room) = (String.UnicodeScalarView(), CoordinatorLimits.groupBytes)
    for scalar in text.unicodeScalars {
      room -= scalar.utf8.count
      if room < 0 { break }
      cut.append(scalar)
    }
    return String(cut) + "…"
  }

  /// A path's step into an array is a number.
  private static func field(_ path: ArraySlice<String>, of value: JSONValue) -> JSONValue? {
    value.at(JSONPointer(tokens: Array(path)))
  }
}
