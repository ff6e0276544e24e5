import Glibc
import JSON
import Loop
import Net

/// A member's process that `up` started: this same program, in a process group of its own, so that a Ctrl-C reaches
/// `up` alone and the members end in their order. When `up` ends, in whatever way, its members are told to drain.
///
/// Guarded by: the loop's thread.
final class MemberProcess: ChildProcessDelegate, @unchecked Sendable {
  enum State: Equatable {
    case starting
    case ready(ReadyMember)
    case ended(String)
  }

  let name: String
  private(set) var state = State.starting
  private let child: ChildProcess
  private let changed: () -> Void
  private var lines = Net.LineSplitter(limit: MemberProcess.readyLineBytes)

  /// Far more than what a ready line has.
  private static let readyLineBytes = 65_536

  /// - Parameter changed: called on the loop when the process has said that it is ready, and when it has ended.
  /// - Throws: `Failure` when the system starts no further process.
  init(_ name: String, arguments: [String], on loop: EventLoop, changed: @escaping () -> Void) throws(Failure) {
    self.name = name
    self.changed = changed
    // Left out is what would lead all members to another cluster.
    var command = ProcessCommand(
      file: Self.program, words: CommandLine.arguments.prefix(1) + arguments,
      environment: ProcessCommand.environment(without: ["IGNAREO_JOIN"]))
    command.output = .pipe
    command.signalAtOurEnd = SIGTERM
    do throws(LoopError) { child = try ChildProcess(command, on: loop) } catch {
      throw Failure("cannot start \(name): \(error)")
    }
    child.delegate = self
  }

  var pid: Int32 { child.pid }
  var hasEnded: Bool { if case .ended = state { true } else { false } }

  func send(_ signal: Int32) { child.send(signal) }

  func child(_ child: ChildProcess, wrote bytes: Span<UInt8>, to stream: ChildProcess.Stream) {
    guard case .starting = state else { return }
    let piece = bytes.withUnsafeBufferPointer { Array($0) }
    try? lines.take(piece) { line, _ in
      guard case .starting = state, let member = ReadyMember(line) else { return }
      state = .ready(member)
      changed()
    }
  }

  func child(_ child: ChildProcess, closed stream: ChildProcess.Stream) {}
  func childDrained(_ child: ChildProcess) {}

  func child(_ child: ChildProcess, ended end: ProcessEnd) {
    state = .ended("\(end)")
    changed()
  }

  /// This program's own file, so that a child is listed under its name; where it has been replaced since, the kernel
  /// still knows the one that runs.
  private static let program: String = {
    let link = "/proc/self/exe"
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(link, &bytes, bytes.count)
    let path = String(decoding: bytes.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return access(path, X_OK) == 0 ? path : link
  }()
}

/// What a member's ready line says of it.
struct ReadyMember: Equatable {
  let role: String
  let name: String
  let http: String
  let gossip: String
  let pid: Int

  /// Nil for any other line.
  init?(_ line: ArraySlice<UInt8>) {
    guard let value = try? JSONValue.parse(line), value["event"]?.string == "ready",
      let role = value["role"]?.string, let name = value["name"]?.string, let http = value["http"]?.string,
      let gossip = value["gossip"]?.string, let pid = value["pid"]?.int
    else { return nil }
    (self.role, self.name, self.http, self.gossip, self.pid) = (role, name, http, gossip, pid)
  }
}
