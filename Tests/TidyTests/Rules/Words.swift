/// Words that have no place in the tree. The needles are put together here, so that this file holds none of them.
enum Words {
  /// Folders of one machine: they break the clone of everyone else.
  static let machinePaths = ["wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers", "tmp/w" + "t"].map { "/\($0)/" }
  static let registries = [
    "proxy.gol" + "ang.org", "pypi" + ".org", "registry.npm" + "js", "crat" + "es.io", "gh" + "cr.io",
  ]
  static let postponed = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]
  static let postponedPhrases = ["for" + " now"]
  static let vagueNames = [
    "Util", "Utils", "Utilities", "Helper", "Helpers", "Common", "Manager", "Managers", "Misc",
  ]

  static func machinePath(_ file: TreeFile) -> [Complaint] {
    complaints(file) { line in
      if let path = machinePaths.first(where: { line.contains($0) }) {
        return "\(path) is a folder of one machine: take it from an argument, the environment or #filePath"
      }
      if let host = registries.first(where: { line.contains($0) }) {
        return "\(host) is a package registry: the project needs the compiler and apt only"
      }
      return nil
    }
  }

  static func postponedWork(_ file: TreeFile) -> [Complaint] {
    let words = complaints(file) { line in
      guard let word = postponed.first(where: { !Calls.occurrences(of: $0, in: line).isEmpty }) else { return nil }
      return "\(word): do it, or open an issue and leave the code whole without it"
    }
    let phrases = (file.swift?.comments ?? []).enumerated().compactMap { index, line -> Complaint? in
      guard let phrase = postponedPhrases.first(where: { line.contains($0 + " ") || line.hasSuffix($0) }) else {
        return nil
      }
      return file.complain(index + 1, "\"\(phrase)\": build what is meant, and say what is, not what will be")
    }
    return words + phrases
  }

  static func vagueName(_ file: TreeFile) -> [Complaint] {
    for part in file.path.split(separator: "/") {
      for word in words(in: String(part)) where vagueNames.contains(word) {
        return [file.complain(1, "\"\(word)\" names a drawer: name the file after the one idea that it holds")]
      }
    }
    return []
  }

  /// `HTTPConnection+closeUtils.swift` is `HTTPConnection`, `close`, `Utils`, `swift`: a new word at each capital that
  /// follows a small letter or a digit.
  static func words(in name: String) -> [String] {
    var words = [""]
    var previous: Character = " "
    for character in name {
      if !character.isLetter && !character.isNumber {
        words.append("")
      } else {
        if character.isUppercase, previous.isLowercase || previous.isNumber { words.append("") }
        words[words.count - 1].append(character)
      }
      previous = character
    }
    return words.filter { !$0.isEmpty }
  }

  private static func complaints(_ file: TreeFile, _ says: (String) -> String?) -> [Complaint] {
    file.lines.enumerated().compactMap { index, line in says(line).map { file.complain(index + 1, $0) } }
  }
}
