import HTTP
import JSON

/// A request that the coordinator refused: RFC 9457's problem as lines for people.
struct Refusal {
  let text: String

  /// The title and the detail, then a line for each of the bad tasks that the problem lists.
  init(status: Int, problem: JSONValue) {
    let title = problem["title"]?.string ?? "the coordinator answered \(status)"
    var text = Table.printable(title)
    if let detail = problem["detail"]?.string, detail != title { text += ": \(Table.printable(detail))" }
    let faults = problem["errors"]?.elements ?? []
    // The detail tells the first one, and where it is the only one there is nothing to add.
    for line in faults.count > 1 ? faults.compactMap(Self.line) : [] { text += "\n  \(line)" }
    self.text = text
  }

  /// `line 3, /timeout_s: why`; nil for what says no place.
  private static func line(_ entry: JSONValue) -> String? {
    let line = entry["line"]?.int.map { "line \($0)" }
    let pointer = entry["pointer"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    let place = [line, pointer].compactMap { $0 }.joined(separator: ", ")
    guard !place.isEmpty else { return nil }
    return Table.printable("\(place): \(entry["detail"]?.string ?? "is wrong")")
  }
}
