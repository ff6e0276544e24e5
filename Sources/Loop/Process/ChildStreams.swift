import Glibc

/// A new process' standard streams before it is there: its ends of pipes, and ours.
struct ChildStreams {
  private(set) var input: ChildPipe?
  private(set) var output: ChildPipe?
  private(set) var errors: ChildPipe?
  /// Its writing end is ours and never written to: when it closes, the process gets a signal.
  private(set) var lifeline: ChildPipe?
  private var null: Int32?

  /// - Throws: `exhausted`; nothing is left open then.
  init(for command: ProcessCommand) throws(LoopError) {
    do throws(LoopError) {
      input = try Self.pipe(.toChild, command.input)
      output = try Self.pipe(.fromChild, command.output)
      errors = try Self.pipe(.fromChild, command.errors)
      if command.signalAtOurEnd != nil { lifeline = try ChildPipe(.toChild) }
      if [command.input, command.output, command.errors].contains(.null) { null = try Self.openNull() }
    } catch {
      close()
      throw error
    }
  }

  /// What the process gets as its descriptors from 0 on.
  func descriptors(for command: ProcessCommand) -> [Int32?] {
    let standard = [(command.input, input), (command.output, output), (command.errors, errors)].map {
      stream, pipe -> Int32? in
      switch stream {
      case .inherited: nil
      case .null: null
      case .pipe: pipe?.theirs
      }
    }
    return standard + (lifeline.map { [$0.theirs] } ?? [])
  }

  /// Closes what the process has by now: its ends must be its own alone, or their closing would tell nobody anything.
  func closeTheirs() {
    for pipe in pipes { Glibc.close(pipe.theirs) }
    if let null { Glibc.close(null) }
  }

  func close() {
    closeTheirs()
    for pipe in pipes { Glibc.close(pipe.ours) }
  }

  private var pipes: [ChildPipe] { [input, output, errors, lifeline].compactMap { $0 } }

  private static func pipe(
    _ direction: ChildPipe.Direction, _ stream: ProcessCommand.Stream
  ) throws(LoopError) -> ChildPipe? {
    stream == .pipe ? try ChildPipe(direction) : nil
  }

  private static func openNull() throws(LoopError) -> Int32 {
    guard let descriptor = ChildPipe.raised(open("/dev/null", O_RDWR | O_CLOEXEC)) else {
      throw LoopError(errno: errno, "open /dev/null")
    }
    return descriptor
  }
}
