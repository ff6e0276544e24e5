internal import Clockwork
internal import Loop
internal import Net

/// The end of a process: what becomes of the calls that it held, and when it is started again.
extension WorkerProcess {
  func child(_ child: ChildProcess, ended end: ProcessEnd) {
    if state.isUnderstood { try? lines.finish { line, _ in take(line) } }
    speech.end()
    let calls = held.takeAll(readBytes: child.writtenBytes - child.unreadBytes)
    let (before, story) = (state, WorkerStory(specification.name, number, child.pid, end, speech.lastLine))
    if case .leaving(_, let timer) = before { timer.cancel() }
    pool.noteEnd()
    for call in calls.read { call.finish(lost(call, story, before)) }
    giveBack(calls.unread, story, before)
    startAgain(after: before, story, lost: calls.read.count)
    pool.fill()
  }

  private func lost(_ call: WorkerCall, _ story: WorkerStory, _ before: State) -> WorkerOutcome {
    if call.isStopped { return .stopped(mayHaveTakenEffect: true, message: story.stopped(wasRead: true)) }
    return .failed(TaskFailure(.workerCrashed, story.crash(before.cause)))
  }

  /// What nobody has read goes to another process, or to this one's next life; not for ever.
  private func giveBack(_ calls: [WorkerCall], _ story: WorkerStory, _ before: State) {
    for call in calls.reversed() {
      if call.isStopped {
        call.finish(.stopped(mayHaveTakenEffect: false, message: story.stopped(wasRead: false)))
      } else if call.returns < Limits.workerReturns {
        pool.takeBack(call)
      } else {
        call.finish(
          .failed(TaskFailure(.workerCrashed, story.unread(call.returns + 1), mayHaveTakenEffect: false)))
      }
    }
  }

  private func startAgain(after before: State, _ story: WorkerStory, lost: Int) {
    if pool.isClosing {
      tellLog(story, because: "the node closes", lost: lost)
      state = .closed
      pool.noteClosed()
    } else if case .stop? = before.cause {
      tellLog(story, because: "a task that it held was cancelled or out of time", lost: lost)
      start()
    } else {
      backOff(after: story.how(before.cause), lost: lost)
    }
  }

  private func tellLog(_ story: WorkerStory, because why: String, lost: Int) {
    log.info(
      "worker_ended",
      [
        "worker": specification.name, "number": "\(number)", "pid": "\(story.pid)", "how": "\(story.end)",
        "cause": why, "tasks_lost": "\(lost)",
      ])
  }

  /// - Parameter how: goes on behind the process as its subject.
  func backOff(after how: String, lost: Int = 0) {
    let delay = backoff.noteDeath(&pool.generator)
    state = .backingOff(pool.loop.schedule(after: delay) { [weak self] in self?.start() })
    log.warning(
      "worker_down",
      [
        "worker": specification.name, "number": "\(number)", "cause": how, "tasks_lost": "\(lost)",
        "deaths_without_answer": "\(backoff.deaths)", "again_in_ms": "\(Int(delay.inMilliseconds))",
      ])
    pool.noteDeath("process \(number) \(how)")
  }
}
