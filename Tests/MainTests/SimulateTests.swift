import Foundation
import Gossip
import Simulation
import Testing

@testable import Main

@Suite("simulate on the command line") struct SimulateTests {
  private func run(_ arguments: [String]) throws -> (report: Report, expected: ExpectedRecord?) {
    try SimulateCommand.run(try FlagScanner(Command.simulate.flags).scan(arguments, environment: { _ in nil }))
  }

  private func withFile<Value>(_ text: String, _ body: (String) throws -> Value) throws -> Value {
    let file = FileManager.default.temporaryDirectory.appending(path: "ignareo-scenario-\(UUID()).txt")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try body(file.path)
  }

  private static let scenario = "members 3\nseed 5\nat 2s record events\nat 3s meta 1 x\nuntil 20s\n"

  @Test("a file's run is held against the record in it, and the first line that differs is shown")
  func record() throws {
    let record = try withFile(Self.scenario) { try run(["membership", "--scenario", $0]).report.record }
    #expect(record.contains { $0.contains("updated") })
    try withFile("\(Self.scenario)----\n\(record.joined(separator: "\n"))\n") { file in
      let (report, expected) = try run(["membership", "--scenario", file])
      #expect(expected?.isOther == nil && expected?.difference(from: report.record) == nil)
      // Another run is not the record's.
      for other in [["--seed", "6"], ["--members", "4"], ["--lifeguard", "off"]] {
        let (report, expected) = try run(["membership", "--scenario", file] + other)
        #expect(expected?.isOther?.contains("seed 5, 3 members") == true)
        #expect(expected?.difference(from: report.record) == nil)
      }
    }
    try withFile("\(Self.scenario)----\n\(record[0])\nsomething else\n") { file in
      let (report, expected) = try run(["membership", "--scenario", file])
      let text = expected?.difference(from: report.record) ?? ""
      #expect(text.contains("line 2 after ----") && text.contains("expected something else"), "\(text)")
      #expect(text.contains(record[1]))
    }
  }

  @Test("a slip in a scenario points to the page that has the language, and the page has it")
  func language() throws {
    try withFile("at 10s crush 1\nuntil 20s\n") { file in
      let error = #expect(throws: UsageError.self) { try run(["membership", "--scenario", file]) }
      #expect(error?.text.contains("`ignareo help simulate`") == true && error?.text.contains("line 1") == true)
    }
    for word in ["crash 3", "partition", "until", "record events", "elsewhere", "members 5"] {
      #expect(Command.simulate.page.contains(word))
    }
  }

  @Test("a failure is shown with the events before it, and all of them are written where that is wanted")
  func failure() throws {
    try withFile("members 3\nseed 5\nat 9s crash 1\nby 10s all see 1 dead\nat 12s meta 2 late\nuntil 60s\n") { file in
      let report = try run(["membership", "--scenario", file]).report
      let lines = report.text.split(separator: "\n").map(String.init)
      let mark = try #require(lines.firstIndex { $0.hasPrefix("^^ ") })
      #expect(lines[..<mark].contains { $0.contains("-- crash 1") } && lines[mark - 1].contains("all see 1 dead"))
      #expect(lines[mark...].contains { $0.contains("FAILED expectation") })
      let trace = file + ".trace"
      defer { try? FileManager.default.removeItem(atPath: trace) }
      try SimulateCommand.write(report, to: trace)
      let written = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n").map(String.init)
      #expect(written == report.trace)
    }
    let error = #expect(throws: UsageError.self) {
      try run(["membership", "--scenario", "scale-load", "--members", "2", "--trace", "/dev/null"])
    }
    #expect(error?.text.hasPrefix("flag --trace: ") == true)
  }
}
