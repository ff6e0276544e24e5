import Glibc
import JSON
import Loop

/// A member's process that `up` started: this same program, in a process group of its own, so that a Ctrl-C reaches
/// `up` alone and the members end in their order.
///
/// Guarded by: the loop's thread, which starts the process, reads its output and reaps it.
final class ChildProcess: @unchecked Sendable {
  enum State: Equatable {
    case starting
    case ready(ReadyMember)
    case ended(String)
  }

  let name: String
  let pid: pid_t
  private(set) var state = State.starting
  private var lines = LineSplitter()
  private var watch: Watch?
  private let output: Int32

  /// - Parameter changed: called on the loop when the process has said that it is ready.
  /// - Throws: `Failure` when the system starts no further process.
  init(_ name: String, arguments: [String], on loop: EventLoop, changed: @escaping () -> Void) throws(Failure) {
    self.name = name
    (pid, output) = try Self.spawn(name, arguments)
    do throws(LoopError) {
      watch = try loop.watch(output, .read) { [unowned self] _ in read(changed) }
    } catch {
      kill(pid, SIGKILL)
      throw Failure("cannot read what \(name) says: \(error)")
    }
  }

  deinit { close(output) }

  var hasEnded: Bool { if case .ended = state { true } else { false } }

  /// - Parameter status: as `waitpid` gives it.
  func ended(status: Int32) {
    watch?.cancel()
    watch = nil
    let signal = status & 0x7f
    state = .ended(
      signal == 0
        ? "ended with status \(status >> 8 & 0xff)"
        : "was killed by signal \(signal) (\(String(cString: strsignal(signal))))")
  }

  /// A process that has ended gets nothing: its number may be another's by now.
  func send(_ signal: Int32) {
    if !hasEnded { kill(pid, signal) }
  }

  private func read(_ changed: () -> Void) {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(output, &bytes, bytes.count)
    if count < 0 && (errno == EINTR || errno == EAGAIN) { return }
    guard count > 0 else {
      watch?.cancel()
      watch = nil
      return
    }
    lines.feed(Array(bytes[..<count])) { line in
      guard case .starting = state, let member = ReadyMember(line) else { return }
      state = .ready(member)
      changed()
    }
  }

  private static func spawn(_ name: String, _ arguments: [String]) throws(Failure) -> (pid_t, Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw cannotStart(name, errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    posix_spawnattr_setpgroup(&attributes, 0)
    // `up` blocks the signals that it reads from a descriptor; a child that inherited that would never hear of them.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
      close(ends[1])
    }
    let words = (CommandLine.arguments.prefix(1) + arguments).map { strdup($0) }
    let environment = ParentWatch.environment().map { strdup($0) }
    defer { for text in words + environment { free(text) } }
    var pid = pid_t()
    let failure = posix_spawn(
      &pid, program, &actions, &attributes, words + [nil], environment + [nil])
    guard failure == 0 else {
      close(ends[0])
      throw cannotStart(name, failure)
    }
    return (pid, ends[0])
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

  private static func cannotStart(_ name: String, _ error: Int32) -> Failure {
    Failure("cannot start \(name): \(String(cString: strerror(error)))")
  }
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
