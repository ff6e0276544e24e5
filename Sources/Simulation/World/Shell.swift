/// For a shell's command line.
enum Shell {
  static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy {
      "./-_".utf8.contains($0) || Character(UnicodeScalar($0)).isLetter || 48...57 ~= $0
    }
    if plain, !text.isEmpty, text.utf8.allSatisfy({ $0 < 128 }) { return text }
    return "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
