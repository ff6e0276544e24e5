import Glibc

/// A line for the shell.
enum ShellLine {
  /// The line so that a plain command takes the shell's place: its end, its signals and its memory are then the
  /// command's own. Most shells would stay beside it as its parent. Anything more, such as a pipeline, a list or an
  /// assignment, stays the shell's to run, which waits for it.
  static func replacingShell(_ line: String) -> String { isPlainCommand(line) ? "exec \(line)" : line }

  /// Whether the line is one program and its words. In doubt it is not: a word of the shell's own cannot replace it.
  static func isPlainCommand(_ line: String) -> Bool {
    guard !line.utf8.contains(where: { "|&;()`\n".utf8.contains($0) }) else { return false }
    let word = line.drop { $0 == " " }.prefix { $0 != " " }
    let isName = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "_./+-".utf8.contains(byte)
      }
    }
    return isName && isProgram(String(word))
  }

  /// Whether the shell has a file to run under that name. Its own words that matter here (`exec`, `exit`, `eval`, `.`)
  /// have none.
  private static func isProgram(_ name: String) -> Bool {
    guard !name.isEmpty else { return false }
    if name.contains("/") { return access(name, X_OK) == 0 }
    guard let path = getenv("PATH").map({ String(cString: $0) }) else { return false }
    return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
  }
}
