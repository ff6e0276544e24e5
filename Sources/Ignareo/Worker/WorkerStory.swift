internal import Loop

/// How a worker's process ended, in the words that the submitters of its tasks read.
struct WorkerStory {
  let worker: String
  let number: Int
  let pid: Int32
  let end: ProcessEnd
  let lastLine: String

  init(_ worker: String, _ number: Int, _ pid: Int32, _ end: ProcessEnd, _ lastLine: String) {
    (self.worker, self.number, self.pid, self.end, self.lastLine) = (worker, number, pid, end, lastLine)
  }

  /// A shell that runs more than one plain command tells of a signal by a status of its own.
  private var ending: String {
    guard case .exited(let status) = end, status > 128, status <= 192 else { return "\(end)" }
    let signal = ProcessEnd.killed(signal: status - 128)
    return "\(end), a shell's way to say that its command \(signal)"
  }

  private var subject: String { "the worker '\(worker)' (process \(number), pid \(pid))" }
  private var lastWords: String {
    lastLine.isEmpty ? "" : "; the last line on its standard error was: \(lastLine)"
  }

  /// Goes on behind the process as its subject.
  func how(_ cause: WorkerProcess.Cause?) -> String {
    switch cause {
    case .misbehaviour(let what): "\(what) and was ended for that\(lastWords)"
    case .stop, nil: "\(ending)\(lastWords)"
    }
  }

  /// To a task that it had read.
  func crash(_ cause: WorkerProcess.Cause?) -> String {
    switch cause {
    case nil: "\(subject) \(ending) while it held this task\(lastWords)"
    case .misbehaviour: "\(subject) \(how(cause)) while it held this task"
    case .stop:
      "\(subject) was ended while it held this task, because another of its tasks was cancelled or out of time; "
        + "with --worker-tasks \(worker)=1 no task costs another"
    }
  }

  /// To a task that this one and others before it never read.
  func unread(_ processes: Int) -> String {
    "\(processes) processes in a row ended without having read this task; the last one: "
      + "\(subject) \(ending)\(lastWords); \(WorkerWords.wayOut)"
  }

  /// To a task that was told to stop while it held that.
  func stopped(wasRead: Bool) -> String {
    wasRead
      ? "\(subject) had not answered and was ended; an answer is one line, and flushed"
      : "\(subject) had not read the task and was ended"
  }
}
