import Foundation
import Testing

/// One run of a built program, as a user's shell would start it: of `ignareo`, or of one on the library. Its outputs
/// are files in a folder of its own, so that nothing blocks and nobody else can hold them open; a coordinator's data go
/// there too.
final class Program: Sendable {
  /// How long a test waits for what must come; never the length of anything that is asserted.
  static let patience = Duration.seconds(60)

  let pid: pid_t
  private let folder: URL

  /// The programs lie beside the tests.
  private static let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

  /// - Parameters:
  ///   - host: the machine that it runs on; nil for the one that the test runs on.
  ///   - input: what standard input holds.
  init(
    _ arguments: [String], of name: String = "ignareo", on host: Network.Host? = nil,
    environment: [String: String] = [:], input: String = ""
  ) throws {
    let program = Self.programs.appending(path: name).path
    let command = try Self.command(program, on: host)
    let file = command[0]
    folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-program-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(input.utf8).write(to: folder.appending(path: "in"))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    for (number, name) in ["in", "out", "err"].enumerated() {
      let flags = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT
      posix_spawn_file_actions_addopen(&actions, Int32(number), folder.appending(path: name).path, flags, 0o600)
    }
    // Other tests of this process block signals on their threads; a child would inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let words = (command + arguments).map { strdup($0) }
    let variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("IGNAREO_") }
      .merging(["IGNAREO_DATA": folder.appending(path: "data").path]) { $1 }
      .merging(environment) { $1 }.map { strdup("\($0.key)=\($0.value)") }
    defer {
      for text in words + variables { free(text) }
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    var pid = pid_t()
    let failure = posix_spawn(&pid, file, &actions, &attributes, words + [nil], variables + [nil])
    try #require(failure == 0, "\(file) does not start: \(String(cString: strerror(failure)))")
    self.pid = pid
  }

  /// `ip` becomes the program: it has the same process number.
  private static func command(_ program: String, on host: Network.Host?) throws -> [String] {
    guard let host else { return [program] }
    return [try #require(Network.tool, "there is no `ip`"), "netns", "exec", host.namespace, program]
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var output: String { text("out") }
  var errors: String { text("err") }
  var outputLines: [String] { output.split(separator: "\n").map(String.init) }

  func send(_ signal: Int32) { kill(pid, signal) }

  /// The exit status, or 128 and the number of the signal that ended it. One that does not end is killed.
  @discardableResult
  func exitStatus() async throws -> Int32 {
    var status: Int32 = 0
    let ended = try await Self.wait { waitpid(pid, &status, WNOHANG) != 0 }
    if !ended {
      Issue.record("process \(pid) does not end; it said: \(output)\(errors)")
      kill(pid, SIGKILL)
      waitpid(pid, &status, 0)
    }
    return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
  }

  /// The first line of standard output.
  func firstLine() async throws -> String {
    let came = try await Self.wait { output.contains("\n") }
    try #require(came, "no line on standard output; on standard error: \(errors)")
    return outputLines[0]
  }

  /// Asks until it holds, or patience is at its end. Asks a last time then: in a busy process the wait itself may have
  /// been much longer than what was waited for.
  static func wait(until holds: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + patience
    while ContinuousClock.now < deadline {
      if try await holds() { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return try await holds()
  }

  /// Whether a process of that number is there and no mere entry that its parent has not fetched yet.
  static func isRunning(_ pid: Int) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
    return status.split(separator: ")").last?.split(separator: " ").first != "Z"
  }

  private func text(_ name: String) -> String {
    (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
  }
}
