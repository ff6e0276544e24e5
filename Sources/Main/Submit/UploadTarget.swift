import HTTP

/// Where a file goes.
enum UploadTarget: Equatable {
  /// A batch of its own; an open one may begin with nothing.
  case batches(isOpen: Bool)
  /// An open batch.
  case tasks(batch: String)
  /// A pool; so many tasks at a time may hold an item that is put back, and nil is for items that are used once.
  case items(pool: String, reuse: Int?)

  var path: String {
    switch self {
    case .batches: "/batches"
    case .tasks(let batch): "/batches/\(batch)/tasks"
    case .items(let pool, _): "/pools/\(pool)/items"
    }
  }

  /// What stands in the query beside a name.
  var parameters: [String] {
    switch self {
    case .batches(let isOpen): isOpen ? ["open=true"] : []
    case .tasks: []
    case .items(_, let reuse): reuse.map { ["reuse=\($0)"] } ?? []
    }
  }

  func address(name: String?) -> String {
    let all = parameters + (name.map { ["name=\(PercentEncoding.encoded($0))"] } ?? [])
    return path + (all.isEmpty ? "" : "?" + all.joined(separator: "&"))
  }

  var mayBeEmpty: Bool { self == .batches(isOpen: true) }

  /// Items are any values, so that nothing tells a document of them from a line.
  var takesLinesAlone: Bool { if case .items = self { true } else { false } }
}
