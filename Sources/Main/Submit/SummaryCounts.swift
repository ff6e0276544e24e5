import JSON

/// The counts of `GET /batches/{id}/summary`, ready to be shown:
/// `{"by":"value.status","counts":{"200":12},"errors":{"timeout":{"count":3,"example":{a result}}}}`.
struct SummaryCounts {
  struct Kind {
    let code: String
    let count: Int
    /// One such error's message and its task.
    let example: String
  }

  private(set) var values: [(String, Int)] = []
  private(set) var errors: [Kind] = []

  init(_ summary: JSONValue) {
    summary["counts"]?.forEachMember { text, count in
      if let count = count.int { values.append((text.string, count)) }
    }
    summary["errors"]?.forEachMember { code, entry in
      guard let count = entry["count"]?.int else { return }
      errors.append(Kind(code: code.string, count: count, example: Self.example(entry["example"])))
    }
    errors.sort { ($1.count, $0.code) < ($0.count, $1.code) }
  }

  private static func example(_ value: JSONValue?) -> String {
    guard let value else { return "" }
    let place = value["id"]?.string ?? value["index"]?.int.map { "task \($0)" }
    let message = value["error"]?["message"]?.string ?? value["message"]?.string ?? ""
    return place.map { "\($0): \(message)" } ?? message
  }
}
