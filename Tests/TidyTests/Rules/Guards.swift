/// What the compiler no longer checks, a comment must: who guards it, who owns it, how long it lives.
enum Guards {
  /// Lines above a declaration, and below its first line, in which the comment may stand.
  static let linesAbove = 14
  static let linesBelow = 4

  static func unchecked(_ file: TreeFile) -> [Complaint] {
    guard file.path.hasPrefix("Sources/") else { return [] }
    return file.complaints(
      aboutCode: { $0.contains("@unchecked Sendable") || $0.contains("nonisolated(unsafe)") },
      without: ["guard"],
      text: "the compiler no longer checks this: say in a comment what does (\"Guarded by: the loop's thread; …\")")
  }

  /// Variables and constants that keep an unsafe pointer. Pointers that live for one closure are not meant.
  static func pointers(_ file: TreeFile) -> [Complaint] {
    guard file.path.hasPrefix("Sources/") else { return [] }
    return file.complaints(
      aboutCode: keepsPointer,
      without: ["guard", "own", "valid", "live", "free", "dealloc", "outlive"],
      text: "a kept pointer: say in a comment who owns the memory and until when it is valid")
  }

  private static func keepsPointer(_ line: String) -> Bool {
    guard let range = line.firstRange(of: "Unsafe") else { return false }
    let rest = line[range.lowerBound...].prefix { $0.isLetter }
    guard rest.hasSuffix("Pointer") else { return false }
    // A declaration puts the type or the making of the pointer right behind its own name.
    let words = line[..<range.lowerBound].split(separator: " ")
    guard let place = words.lastIndex(where: { $0 == "let" || $0 == "var" }) else { return false }
    let between = words[(place + 1)...]
    return between.count == 1 || (between.count == 2 && (between.last == "=" || between.last == "["))
  }
}

extension TreeFile {
  fileprivate func complaints(
    aboutCode concerns: (String) -> Bool, without words: [String], text: String
  ) -> [Complaint] {
    guard let swift else { return [] }
    return swift.code.indices.compactMap { index in
      guard concerns(swift.code[index]) else { return nil }
      let first = max(0, index - Guards.linesAbove)
      let last = min(swift.comments.count - 1, index + Guards.linesBelow)
      let near = swift.comments[first...last].joined(separator: " ").lowercased()
      return words.contains { near.contains($0) } ? nil : complain(index + 1, text)
    }
  }
}
