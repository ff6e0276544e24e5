/// What a rule has against a line of the tree, and what to do instead.
struct Complaint: CustomStringConvertible, Equatable {
  let file: String
  let line: Int
  let text: String

  var description: String { "\(file):\(line): \(text)" }
}

/// A file of the tree: its path from the package's root, its text, and that text's lines.
struct TreeFile {
  let path: String
  let lines: [String]
  /// Code and comments apart; empty for what is not Swift.
  let swift: SourceText?

  init(_ path: String, _ text: String) {
    self.path = path
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    self.lines = lines
    swift = path.hasSuffix(".swift") ? SourceText(text) : nil
  }

  var name: String { String(path.split(separator: "/").last ?? "") }

  /// `Sources/Net/Server/HTTPServer.swift` belongs to `Net`, `Tests/NetTests/X.swift` to `NetTests`.
  var target: String? {
    let parts = path.split(separator: "/")
    guard parts.count >= 3, parts[0] == "Sources" || parts[0] == "Tests" else { return nil }
    return String(parts[1])
  }

  func complain(_ line: Int, _ text: String) -> Complaint { Complaint(file: path, line: line, text: text) }

  /// A complaint for each line of code that `says` answers with a text; lines count from 1.
  func complaints(aboutCode says: (String) -> String?) -> [Complaint] {
    (swift?.code ?? []).enumerated().compactMap { index, line in says(line).map { complain(index + 1, $0) } }
  }
}
