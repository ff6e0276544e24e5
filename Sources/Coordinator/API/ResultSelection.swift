import Batch
import HTTP
import JSON
import Net

/// Which results a reader wants, and how they look.
struct ResultSelection {
  enum Format: Equatable { case lines, csv }

  let statuses: Set<TaskState>?
  let format: Format

  static let all = ResultSelection(statuses: nil, format: .lines)

  private static let words: [String: TaskState] = [
    "ok": .ok, "error": .error, "cancelled": .cancelled, "unknown": .unknown,
  ]

  init(statuses: Set<TaskState>?, format: Format) { (self.statuses, self.format) = (statuses, format) }

  init(_ query: RequestQuery) throws(Problem) {
    format = try query.choice("format", of: ["ndjson", "csv"]) == "csv" ? .csv : .lines
    var chosen: Set<TaskState>?
    for item in query.items where item.name == "status" {
      for word in item.value.split(separator: ",", omittingEmptySubsequences: false) {
        guard let status = Self.words[String(word)] else {
          throw .badParameter("status", item.value, "ok, error, cancelled or unknown")
        }
        chosen = (chosen ?? []).union([status])
      }
    }
    statuses = chosen
  }

  /// Whether the journal's lines can be passed on as they are.
  var isPlain: Bool { statuses == nil && format == .lines }

  var contentType: String { format == .csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson" }

  /// What comes before the first result.
  var header: [UInt8] { format == .csv ? Array((ResultRow.columns.joined(separator: ",") + "\r\n").utf8) : [] }

  /// Appends a result's line as it is wanted.
  func render(_ line: ArraySlice<UInt8>, into bytes: inout [UInt8]) {
    switch format {
    case .lines: bytes += line
    case .csv: ResultRow.append(line, to: &bytes)
    }
  }
}
