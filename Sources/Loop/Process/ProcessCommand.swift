import CLinux
import Glibc

/// What to run as a process of its own: a program's file, its words, its environment, its three streams.
package struct ProcessCommand: Sendable {
  package enum Stream: Sendable {
    /// This process's own.
    case inherited
    /// Empty for reading; what is written there is lost.
    case null
    case pipe
  }

  /// The program's file; it is not searched for.
  package var file: String
  /// The first one is the name that the program goes by.
  package var words: [String]
  /// `NAME=VALUE` each.
  package var environment: [String]
  package var input = Stream.null
  package var output = Stream.inherited
  package var errors = Stream.inherited
  /// What the process and all of its group get when this process has ended, in whatever way.
  package var signalAtOurEnd: Int32?

  package init(file: String, words: [String], environment: [String]) {
    (self.file, self.words, self.environment) = (file, words, environment)
  }

  /// A line for the shell; the process is that of a plain command itself.
  package static func shell(_ line: String, environment: [String]) -> ProcessCommand {
    ProcessCommand(file: "/bin/sh", words: ["sh", "-c", ShellLine.replacingShell(line)], environment: environment)
  }

  /// This process's environment with some variables set and others left out.
  package static func environment(
    setting variables: [(name: String, value: String)] = [], without names: [String] = []
  ) -> [String] {
    let hidden = Set(names + variables.map(\.name))
    var all = variables.map { "\($0.name)=\($0.value)" }
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if !hidden.contains(String(pair.prefix { $0 != "=" })) { all.append(pair) }
      entry += 1
    }
    return all
  }
}

extension ProcessCommand {
  /// Starts the process: in a group of its own, with no signal blocked or ignored, and with no descriptor of ours but
  /// those that it is given here, the first one as its descriptor 0.
  ///
  /// Takes until the new process has its program, about a millisecond, in which this thread waits: the price of
  /// knowing at once whether there is such a process.
  ///
  /// - Parameter descriptors: each above `ChildPipe.lowest`; nil leaves the process what this one has under the number.
  func spawn(_ descriptors: [Int32?]) throws(LoopError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    let words = words.map { strdup($0) }
    let environment = environment.map { strdup($0) }
    defer {
      for text in words + environment { free(text) }
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (number, descriptor) in descriptors.enumerated() {
      if let descriptor { posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number)) }
    }
    // Not every library marks its descriptors as closed on exec, and one that a process inherits stays open with it.
    _ = shim_spawn_closes_from(&actions, Int32(descriptors.count))
    Self.resetSignals(&attributes)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var pid = pid_t()
    let failure = posix_spawn(&pid, file, &actions, &attributes, words + [nil], environment + [nil])
    guard failure == 0 else { throw LoopError(errno: failure, "start \(file)") }
    return pid
  }

  /// What is blocked or ignored here would be so there, and a program that never hears of SIGTERM or SIGPIPE behaves as
  /// its author has never seen it.
  private static func resetSignals(_ attributes: inout posix_spawnattr_t) {
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
  }
}
