import Foundation
import Testing

/// A text of `Tests/Scenarios`.
struct ScenarioFile: CustomTestStringConvertible, Sendable {
  let name: String
  let text: String

  var testDescription: String { name }

  static let all: [ScenarioFile] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Scenarios")
    let names = try! FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
    return names.sorted().map { name in
      let text = try! String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      return ScenarioFile(name: String(name.dropLast(4)), text: text)
    }
  }()
}
