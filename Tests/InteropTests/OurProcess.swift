import Foundation
import HTTP
import JSON
import Loop

/// The built program `ignareo`, run as a user would run it: a role, or a command that asks one.
final class OurProcess: Sendable {
  private let process = Process()
  private let output = PeerOutput()
  private let log = PeerOutput()
  private let readyLine = Lock<JSONValue?>(nil)

  /// The program lies beside the tests.
  private static let file = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "ignareo")

  init(_ arguments: [String]) throws {
    process.executableURL = Self.file
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output.pipe
    process.standardError = log.pipe
    try process.run()
  }

  deinit { kill9() }

  /// Waits for the ready line of a role.
  func becomeReady() async throws {
    try await eventually("it should be ready; it says \(errors)") {
      guard let line = output.events.first else { return false }
      readyLine.withLock { $0 = line.json }
      return true
    }
  }

  var gossip: Authority { authority("gossip") }
  var http: Authority { authority("http") }
  var errors: String { log.text }

  private func authority(_ key: String) -> Authority {
    let text = readyLine.withLock { $0 }?[key]?.string ?? ""
    return Authority(text) ?? Authority(host: "127.0.0.1", port: 1)
  }

  /// Runs a command to its end. Its outputs are files: a pipe may be held open by whatever else is started meanwhile.
  static func command(_ arguments: [String]) async throws -> (status: Int32, output: String, errors: String) {
    let files = ["out", "err"].map {
      FileManager.default.temporaryDirectory.appending(path: "ignareo-command-\(UUID())-\($0)")
    }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    let process = Process()
    process.executableURL = file
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    for file in files { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    try await eventually("\(arguments) should end") { !process.isRunning }
    let texts = try files.map { try String(contentsOf: $0, encoding: .utf8) }
    return (process.terminationStatus, texts[0], texts[1])
  }

  /// The states of all members by name, as `GET /nodes` of this process gives them.
  func states() async throws -> [String: String] {
    let answer = try await Self.command(["nodes", "--json", "--coordinator", "http://\(http)"])
    guard answer.status == 0 else { return [:] }
    let nodes = try JSONValue.parse(answer.output)["nodes"]?.elements ?? []
    return Dictionary(uniqueKeysWithValues: nodes.map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") })
  }

  func stop() { process.terminate() }

  func kill9() { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}
