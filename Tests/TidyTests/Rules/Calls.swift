/// Calls that have one home: tasks are born on a loop, and standard output belongs to the program.
enum Calls {
  /// `Task { }`, `Task(…)`, `Task.detached`, `Task.immediate` and `Task.sleep` outside Sources/Loop.
  static func bareTask(_ file: TreeFile) -> [Complaint] {
    guard file.path.hasPrefix("Sources/"), file.target != "Loop" else { return [] }
    return file.complaints(aboutCode: { line in
      for rest in occurrences(of: "Task", in: line) {
        if rest.hasPrefix(".sleep") {
          return "Task.sleep wakes on a foreign thread: use the loop's timers, `loop.sleep(for:)`"
        }
        let opening = rest.drop { $0 == " " }.first
        let generic = opening == "<" && rest.contains(where: { $0 == "{" || $0 == "(" })
        if opening == "{" || opening == "(" || generic || rest.hasPrefix(".detached") || rest.hasPrefix(".immediate") {
          return "a bare Task runs off the loop and pays two thread switches a wait: use `loop.spawn { … }`"
        }
      }
      return nil
    })
  }

  /// `print(`, `debugPrint(` and `dump(` in the sources outside Sources/Main.
  static func print(_ file: TreeFile) -> [Complaint] {
    guard file.path.hasPrefix("Sources/"), file.target != "Main" else { return [] }
    return file.complaints(aboutCode: { line in
      for call in ["print", "debugPrint", "dump"] where occurrences(of: call, in: line).contains(where: opensCall) {
        return "\(call)( writes to standard output, which holds data only: log an event with `Log`, or return the text"
      }
      return nil
    })
  }

  private static func opensCall(_ rest: Substring) -> Bool { rest.first == "(" }

  /// What follows each place where `word` stands alone and is no member of something (`x.word`).
  static func occurrences(of word: String, in line: String) -> [Substring] {
    guard line.utf8.count >= word.utf8.count else { return [] }
    var found: [Substring] = []
    var rest = line[...]
    while let range = rest.firstRange(of: word) {
      let before = range.lowerBound == line.startIndex ? " " : line[line.index(before: range.lowerBound)]
      let after = rest[range.upperBound...]
      if !isName(before), before != ".", after.first.map(isName) != true { found.append(after) }
      rest = after
    }
    return found
  }

  private static func isName(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == "`"
  }
}
