import CLinux
import Glibc

/// What a child process tells its owner, on the loop's thread.
package protocol ChildProcessDelegate: AnyObject {
  /// Bytes arrived. They live in the loop's receive buffer until the call returns: keep a copy of what is left over.
  func child(_ child: ChildProcess, wrote bytes: Span<UInt8>, to stream: ChildProcess.Stream)
  /// Nobody writes there any more, or nobody reads the process' input. The process itself may live on.
  func child(_ child: ChildProcess, closed stream: ChildProcess.Stream)
  /// What was queued for its input has gone below the low mark after `isCongested`.
  func childDrained(_ child: ChildProcess)
  /// The last call. All that it had written was handed over before, and nothing of its group is left.
  func child(_ child: ChildProcess, ended end: ProcessEnd)
}

/// A process on a loop, in a group of its own: its input is queued, its outputs are pushed, its end is told once.
///
/// It keeps itself alive until it has been reaped, so that there is never a zombie, and its number is never signalled
/// after that: it may be another's by then.
///
/// Guarded by: the loop's thread; each entry asserts it.
package final class ChildProcess: @unchecked Sendable {
  package enum Stream: Sendable { case input, output, errors }

  private enum State {
    case running
    /// Told to end; the timer kills what has not.
    case ending(LoopTimer)
    /// It had not, and was killed with its group.
    case killed
    /// It has ended and is not reaped. Others of its group, which was told to end, have its outputs open still, and
    /// until the timer to end by themselves.
    case leaving(LoopTimer)
    case reaping
    case over
  }

  package let loop: EventLoop
  package let pid: Int32
  /// Its owner; the process does not keep it alive.
  package weak var delegate: (any ChildProcessDelegate)?
  private var state = State.running
  private var input: PipeWriter?
  private var output: PipeReader?
  private var errors: PipeReader?
  /// Ours of the two ends; closed when the process is reaped.
  private let lifeline: Int32?
  private var exit: ExitWatch?
  /// How many bytes of its input nobody has read. Known when it has ended.
  package private(set) var unreadBytes = 0

  /// - Parameter watchesExit: false looks now and then whether it has ended, as where the kernel has no pidfds.
  /// - Throws: when the system starts no further process, or not this one. Nothing is left behind then.
  package init(_ command: ProcessCommand, on loop: EventLoop, watchesExit: Bool = true) throws(LoopError) {
    loop.assertCurrent()
    self.loop = loop
    let streams = try ChildStreams(for: command)
    do throws(LoopError) {
      pid = try command.spawn(streams.descriptors(for: command))
    } catch {
      streams.close()
      throw error
    }
    lifeline = streams.lifeline?.ours
    if let lifeline = streams.lifeline, let signal = command.signalAtOurEnd {
      // It stays set for the end that the process has. Where the kernel refuses, the end of its input still tells.
      _ = shim_signal_group_at_close(lifeline.theirs, pid, signal)
    }
    streams.closeTheirs()
    exit = ExitWatch(pid, on: loop, usesDescriptor: watchesExit) { [self] isOurs in exited(isOurs) }
    take(streams)
  }

  /// From here on nothing may fail: there is a process. A pipe that cannot be watched counts as closed by it.
  private func take(_ streams: ChildStreams) {
    if let pipe = streams.input {
      input = try? PipeWriter(
        pipe.ours, on: loop, drained: { [unowned self] in delegate?.childDrained(self) },
        broken: { [unowned self] in delegate?.child(self, closed: .input) })
      if input == nil { notWatched(pipe, .input) }
    }
    if let pipe = streams.output {
      output = reader(of: pipe, .output)
      if output == nil { notWatched(pipe, .output) }
    }
    if let pipe = streams.errors {
      errors = reader(of: pipe, .errors)
      if errors == nil { notWatched(pipe, .errors) }
    }
  }

  private func reader(of pipe: ChildPipe, _ stream: Stream) -> PipeReader? {
    try? PipeReader(
      pipe.ours, on: loop, received: { [unowned self] in delegate?.child(self, wrote: $0, to: stream) },
      ended: { [unowned self] in closed(stream) })
  }

  /// Told later, not from within the call that makes the process.
  private func notWatched(_ pipe: ChildPipe, _ stream: Stream) {
    close(pipe.ours)
    loop.execute { [self] in closed(stream) }
  }

  // MARK: Input

  package var isCongested: Bool { input?.isCongested ?? false }
  /// All that was ever written for it.
  package var writtenBytes: Int { input?.writtenBytes ?? 0 }

  /// Writes straight into the queue of its input, which is sent in the loop's next turn.
  package func write(_ body: (inout [UInt8]) -> Void) { input?.write(body) }

  /// It finds the end of its input behind what is queued.
  package func closeInput() { input?.closeAfterFlush() }

  // MARK: Ending

  package var hasEnded: Bool { if case .over = state { true } else { false } }

  /// Sends a signal to all of its group.
  package func send(_ signal: Int32) {
    loop.assertCurrent()
    switch state {
    case .running, .ending, .killed, .leaving, .reaping:
      // The process may have gone into another group, and then nobody is left in its own.
      if kill(-pid, signal) != 0 { kill(pid, signal) }
    case .over: break
    }
  }

  /// Tells all of its group to end, and kills what of it has not after `patience`.
  package func terminate(patience: Duration) {
    loop.assertCurrent()
    guard case .running = state else { return }
    send(SIGTERM)
    state = .ending(loop.schedule(after: patience) { [self] in killRest() })
  }

  private func killRest() {
    send(SIGKILL)
    if case .leaving = state { reap() } else { state = .killed }
  }

  /// - Parameter isOurs: false when somebody else in this program has reaped it.
  private func exited(_ isOurs: Bool) {
    switch state {
    // Who holds an output still after that is of no group that could be told.
    case .running, .killed: reap(isOurs)
    case .ending(let timer) where hasOpenOutput && isOurs: state = .leaving(timer)
    case .ending(let timer):
      timer.cancel()
      reap(isOurs)
    case .leaving, .reaping, .over: break
    }
  }

  private var hasOpenOutput: Bool { output?.isOpen == true || errors?.isOpen == true }

  private func closed(_ stream: Stream) {
    delegate?.child(self, closed: stream)
    if case .leaving(let timer) = state, !hasOpenOutput {
      timer.cancel()
      reap()
    }
  }

  /// Its number is still its own here, and so is its group's: what is left of that has nobody who would end it.
  private func reap(_ isOurs: Bool = true) {
    state = .reaping
    if isOurs { send(SIGKILL) }
    output?.finish()
    errors?.finish()
    unreadBytes = input?.takeBack() ?? 0
    var status: Int32 = 0
    let end = waitpid(pid, &status, WNOHANG) == pid ? ProcessEnd(waitStatus: status) : .unknown
    if let lifeline { close(lifeline) }
    state = .over
    exit = nil
    let delegate = delegate
    self.delegate = nil
    delegate?.child(self, ended: end)
  }
}
