/// How the program ends: the contract's numbers, and the shell's for a Ctrl-C.
enum ExitCode: Int32 {
  case well = 0
  /// The work failed: a task failed, a batch was cancelled, a request was refused.
  case failed = 1
  case usage = 2
  /// The cluster could not be reached.
  case unreachable = 3
  /// Ctrl-C while following a batch, which goes on: 128 and SIGINT's number.
  case interrupted = 130

  /// What a role's process ended with.
  init(role status: Int32) { self = ExitCode(rawValue: status) ?? .failed }
}
