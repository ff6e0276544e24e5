import Foundation
import HTTP
import JSON
import Testing

/// The built program `ignareo`, run as a user would run it: a role, or a command that asks one.
final class OurProcess: Sendable {
  private let process: Process
  private let output = Pipe()

  /// The program lies beside the tests.
  private static let file = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "ignareo")

  init(_ arguments: [String]) throws {
    process = Process()
    process.executableURL = Self.file
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// The ready line of a role.
  func ready() throws -> JSONValue {
    var line: [UInt8] = []
    while line.last != 0x0a {
      let byte = output.fileHandleForReading.readData(ofLength: 1)
      try #require(!byte.isEmpty, "it ended before it was ready")
      line += byte
    }
    return try JSONValue.parse(line)
  }

  /// All that a command prints.
  func answer() throws -> JSONValue { try JSONValue.parse(Array(output.fileHandleForReading.readDataToEndOfFile())) }

  func stop() {
    process.terminate()
    process.waitUntilExit()
  }
}
