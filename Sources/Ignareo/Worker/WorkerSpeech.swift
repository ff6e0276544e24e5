internal import Loop

/// What one process of a worker says besides its answers goes into the node's log, line by line, a flood as a count.
///
/// Guarded by: the thread of the pool's loop.
final class WorkerSpeech: @unchecked Sendable {
  private let worker: String
  private let number: Int
  private let loop: EventLoop
  private let log: Log
  private var pid: Int32 = 0
  private var lines = CutLines(limit: Limits.workerLogLineBytes)
  private var allowance: LineAllowance
  private var sumTimer: LoopTimer?
  /// Of its standard error; what it dies of mostly stands there.
  private(set) var lastLine = ""

  init(_ specification: WorkerSpecification, number: Int, loop: EventLoop, log: Log) {
    worker = specification.name
    (self.number, self.loop, self.log) = (number, loop, log)
    allowance = LineAllowance(linesASecond: specification.limits.logLinesASecond)
  }

  /// A new process begins to speak.
  func begin(pid: Int32) {
    self.pid = pid
    lastLine = ""
  }

  /// Bytes of its standard error.
  func hear(_ bytes: Span<UInt8>) { lines.take(bytes) { say($0) } }

  /// The process has ended: what it began to say is all of it.
  func end() {
    lines.finish { say($0) }
    sayLeftOut()
  }

  private func say(_ line: String) {
    lastLine = line
    guard mayLog() else { return }
    log.info("worker_says", ["worker": worker, "number": "\(number)", "pid": "\(pid)", "line": line])
  }

  /// A line of its standard output that is no answer.
  func ignore(_ line: ArraySlice<UInt8>, because why: String) {
    guard mayLog() else { return }
    let isCut = line.count > Limits.workerLogLineBytes
    let text = String(decoding: line.prefix(Limits.workerLogLineBytes), as: UTF8.self) + (isCut ? "…" : "")
    log.warning(
      "worker_output_ignored",
      [
        "worker": worker, "number": "\(number)", "pid": "\(pid)", "cause": why, "line": text,
        "way_out": "standard output is for answers alone, a line each; all else belongs on standard error",
      ])
  }

  private func mayLog() -> Bool {
    switch allowance.take(at: loop.now) {
    case .line: return true
    case .leftOut(let due):
      if let due { sumTimer = loop.schedule(at: due) { [weak self] in self?.sayLeftOut() } }
      return false
    }
  }

  private func sayLeftOut() {
    sumTimer?.cancel()
    sumTimer = nil
    guard allowance.leftOut > 0 else { return }
    log.warning(
      "worker_lines_left_out",
      ["worker": worker, "number": "\(number)", "pid": "\(pid)", "count": "\(allowance.takeSum())"])
  }
}
