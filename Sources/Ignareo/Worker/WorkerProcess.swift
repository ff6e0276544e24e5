internal import Clockwork
internal import Glibc
internal import JSON
internal import Loop
internal import Net

/// One of a worker's processes: starts it, gives it calls, hears its answers, and starts it again when it has ended.
///
/// Guarded by: the thread of the pool's loop.
final class WorkerProcess: ChildProcessDelegate, @unchecked Sendable {
  enum State {
    /// Not started yet.
    case new
    case up(ChildProcess)
    /// No answer can come any more, or no call can go there: until the timer it may end by itself.
    case leaving(ChildProcess, LoopTimer)
    /// Told to end by us.
    case ending(ChildProcess, Cause)
    case backingOff(LoopTimer)
    case closed
  }

  enum Cause {
    /// A call that it held was told to stop.
    case stop
    /// What it did, without its subject.
    case misbehaviour(String)
  }

  /// From 1.
  let number: Int
  unowned let pool: WorkerPool
  let specification: WorkerSpecification
  let log: Log
  let speech: WorkerSpeech
  var state = State.new
  var held = HeldCalls()
  var lines: LineSplitter
  /// Lines that were no answers, since the last one.
  var noise = 0
  var backoff: WorkerBackoff
  private var starts = 0

  init(_ number: Int, of pool: WorkerPool) {
    self.number = number
    self.pool = pool
    (specification, log) = (pool.specification, pool.log)
    speech = WorkerSpeech(specification, number: number, loop: pool.loop, log: log)
    lines = LineSplitter(limit: specification.limits.lineBytes)
    backoff = WorkerBackoff(specification.limits)
  }

  var heldCount: Int { held.count }

  /// Whether it takes one more call just now: one that does not read what it was given takes none.
  var hasRoom: Bool {
    guard case .up(let child) = state else { return false }
    return held.count < specification.tasksPerProcess && !child.isCongested
  }

  /// Whether it is down, as it was several times before, without an answer in between.
  var isHopeless: Bool {
    guard case .backingOff = state else { return false }
    return backoff.isHopeless
  }

  // MARK: Start

  func start() {
    switch state {
    case .new, .backingOff, .ending: break
    case .up, .leaving, .closed: return
    }
    var command = ProcessCommand.shell(
      specification.command,
      environment: ProcessCommand.environment(setting: [
        ("IGNAREO_WORKER", specification.name), ("IGNAREO_WORKER_NUMBER", "\(number)"),
      ]))
    (command.input, command.output, command.errors) = (.pipe, .pipe, .pipe)
    command.signalAtOurEnd = SIGTERM
    lines = LineSplitter(limit: specification.limits.lineBytes)
    noise = 0
    do throws(LoopError) {
      let child = try ChildProcess(command, on: pool.loop)
      child.delegate = self
      state = .up(child)
      speech.begin(pid: child.pid)
      log.info("worker_started", ["worker": specification.name, "number": "\(number)", "pid": "\(child.pid)"])
      pool.noteStart(isFirst: starts == 0)
      starts += 1
    } catch {
      backOff(after: "cannot be started: \(error)")
    }
  }

  // MARK: Calls

  func give(_ call: WorkerCall, id: Int) {
    guard case .up(let child) = state else { preconditionFailure("a call was given to a process that is \(state)") }
    call.hold(by: self)
    child.write { bytes in
      var writer = JSONWriter()
      writer.object {
        $0.member("id", "\(id)")
        $0.member("args", call.arguments)
      }
      writer.endLine()
      bytes += writer.bytes
    }
    held.add(call, id: id, lineEnd: child.writtenBytes)
  }

  // MARK: Ending

  /// Ends the process, unless it ends already.
  func end(_ cause: Cause) {
    let child: ChildProcess
    switch state {
    case .up(let running): child = running
    case .leaving(let leaving, let timer):
      timer.cancel()
      child = leaving
    case .new, .ending, .backingOff, .closed: return
    }
    state = .ending(child, cause)
    child.terminate(patience: specification.limits.killPatience)
  }

  /// Lets it end by itself for a while: it is of no use any more.
  func leave(_ child: ChildProcess, _ why: String) {
    let timer = pool.loop.schedule(after: specification.limits.exitPatience) { [weak self] in
      self?.end(.misbehaviour(why))
    }
    state = .leaving(child, timer)
  }

  /// The node closes: no call comes any more, and the process may end by itself.
  func close() {
    switch state {
    case .new: state = .closed
    case .backingOff(let timer):
      timer.cancel()
      state = .closed
    case .up(let child):
      child.closeInput()
      leave(child, "did not end though its standard input had")
    case .leaving, .ending, .closed: break
    }
  }

  var isClosed: Bool { if case .closed = state { true } else { false } }
}

extension WorkerProcess.State {
  /// Why we ended the process; nil when it ended by itself.
  var cause: WorkerProcess.Cause? {
    if case .ending(_, let cause) = self { cause } else { nil }
  }

  /// Behind a line that was too long nothing can be understood, and who has said too much is not heard.
  var isUnderstood: Bool {
    if case .misbehaviour? = cause { false } else { true }
  }
}
