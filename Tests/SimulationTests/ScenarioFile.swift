import Foundation
import Simulation
import Testing

/// A text of `Tests/Scenarios`: a scenario, and where a line `----` follows, what it must record, word for word.
struct ScenarioFile: CustomTestStringConvertible, Sendable {
  let name: String
  let text: String
  /// Nil where only the checkers and the scenario's own expectations count.
  let record: [String]?
  private let place: URL

  var testDescription: String { name }

  private static let separator = "\n----\n"

  init(_ place: URL) throws {
    self.place = place
    name = place.deletingPathExtension().lastPathComponent
    let whole = try String(contentsOf: place, encoding: .utf8)
    guard let found = whole.range(of: Self.separator) else {
      (text, record) = (whole, nil)
      return
    }
    text = String(whole[..<found.lowerBound])
    record = whole[found.upperBound...].split(separator: "\n").map(String.init)
  }

  var scenario: Scenario {
    get throws {
      var scenario = try Scenario(name: name, text: text)
      scenario.origin = .file("Tests/Scenarios/\(name).txt")
      return scenario
    }
  }

  /// After a change of the machine that is meant to change what is recorded: read the difference before committing it.
  static let rewrites = ProcessInfo.processInfo.environment["REWRITE_SCENARIOS"] == "1"

  func rewrite(_ record: [String]) throws {
    let whole = text + Self.separator + record.joined(separator: "\n") + "\n"
    try whole.write(to: place, atomically: true, encoding: .utf8)
  }

  static let all: [ScenarioFile] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Scenarios")
    let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
    return names.sorted().map { try! ScenarioFile(folder.appendingPathComponent($0)) }
  }()
}
