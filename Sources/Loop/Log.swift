import Clockwork
import Glibc
import Synchronization

/// What a process says to its operator: an event's name and fields, one line each on standard error.
///
/// As text `2026-01-31T12:00:00.000Z info member_joined name=n2 address=127.0.0.1:7947`, or the same as a JSON object,
/// in which a field whose name ends in `_s`, `_ms` or `_bytes` is a number.
package struct Log: Sendable {
  package enum Level: Int, Comparable, CaseIterable, Sendable {
    case debug, info, warning, error

    package var name: String { "\(self)" }
    package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
  }

  package enum Format: String, Sendable { case text, json }

  package typealias Fields = KeyValuePairs<String, String>

  private let level: Level
  private let format: Format
  private let process: String?
  private let sink: @Sendable ([UInt8]) -> Void

  /// - Parameters:
  ///   - process: the first field of every line, so that lines of several processes on one terminal can be told apart.
  ///   - sink: takes one whole line; standard error where none is given.
  package init(level: Level, format: Format, process: String? = nil, sink: (@Sendable ([UInt8]) -> Void)? = nil) {
    (self.level, self.format, self.process) = (level, format, process)
    self.sink = sink ?? { StandardError.shared.write($0) }
  }

  /// Says nothing: for tests, and for client commands that speak for themselves.
  package static let silent = Log(level: .error, format: .text, sink: { _ in })

  // Fields are put into words only where they are said.
  package func debug(_ event: StaticString, _ fields: @autoclosure () -> Fields = [:]) { log(.debug, event, fields) }
  package func info(_ event: StaticString, _ fields: @autoclosure () -> Fields = [:]) { log(.info, event, fields) }
  package func warning(_ event: StaticString, _ fields: @autoclosure () -> Fields = [:]) {
    log(.warning, event, fields)
  }
  package func error(_ event: StaticString, _ fields: @autoclosure () -> Fields = [:]) { log(.error, event, fields) }

  private func log(_ level: Level, _ event: StaticString, _ fields: () -> Fields) {
    guard level >= self.level else { return }
    let time = WallClock.now.rfc3339
    let own = process.map { [(key: "process", value: $0)] } ?? []
    let fields = own + fields().map { (key: $0.key, value: $0.value) }
    switch format {
    case .text:
      let words = fields.map { " \($0.key)=\(Self.isPlain($0.value) ? $0.value : Self.quoted($0.value))" }.joined()
      sink(Array("\(time) \(level.name) \(event)\(words)\n".utf8))
    case .json:
      let members = fields.map { ",\(Self.quoted($0.key)):\(Self.value($0.value, of: $0.key))" }.joined()
      sink(Array("{\"time\":\"\(time)\",\"level\":\"\(level.name)\",\"event\":\"\(event)\"\(members)}\n".utf8))
    }
  }

  private static func value(_ text: String, of key: String) -> String {
    ["_s", "_ms", "_bytes"].contains { key.hasSuffix($0) } && isNumber(text) ? text : quoted(text)
  }

  /// Digits, perhaps with a fraction, as JSON writes them.
  private static func isNumber(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
    else { return false }
    return parts[0] == "0" || !parts[0].hasPrefix("0")
  }

  private static func isPlain(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7f }
  }

  /// A JSON string: also what keeps a value with a line break in it from forging a log line.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
