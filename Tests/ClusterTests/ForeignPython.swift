import Foundation
import Testing

/// Programs in `Tests/Interop` that speak to ours, run by Debian's Python with Debian's packages: another Python may
/// lack them.
enum ForeignPython {
  private static let python = URL(filePath: "/usr/bin/python3")
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Interop")

  /// Whether a module can be imported: Tests/run installs its package.
  static func has(_ module: String) async -> Bool {
    guard FileManager.default.isExecutableFile(atPath: python.path) else { return false }
    return (try? await run(["-c", "import \(module)"]))?.status == 0
  }

  /// - Parameter script: its path in `Tests/Interop`.
  static func run(
    script: String, _ arguments: String...
  ) async throws -> (status: Int32, output: String) {
    try await run([folder.appending(path: script).path(percentEncoded: false)] + arguments)
  }

  private static func run(_ arguments: [String]) async throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = python
    process.arguments = arguments
    let file = FileManager.default.temporaryDirectory.appending(path: "ignareo-python-\(UUID())")
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    // A file takes any amount; a pipe that nobody reads meanwhile would stop the program.
    process.standardOutput = try FileHandle(forWritingTo: file)
    let status = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return (status, try String(contentsOf: file, encoding: .utf8))
  }
}
