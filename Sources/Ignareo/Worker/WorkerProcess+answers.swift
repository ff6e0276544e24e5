internal import JSON
internal import Loop
internal import Net

/// What a process writes: its answers, and what is none.
extension WorkerProcess {
  func child(_ child: ChildProcess, wrote bytes: Span<UInt8>, to stream: ChildProcess.Stream) {
    guard stream == .output else { return speech.hear(bytes) }
    guard state.isUnderstood else { return }
    let piece = bytes.withUnsafeBufferPointer { Array($0) }
    do throws(LineSplitter.TooLong) { try lines.take(piece) { line, _ in take(line) } } catch {
      speech.ignore(error.beginning, because: "the line has more than \(lines.limit) bytes")
      end(.misbehaviour("wrote a line of more than \(lines.limit) bytes on its standard output"))
    }
  }

  func take(_ line: ArraySlice<UInt8>) {
    guard state.isUnderstood else { return }
    switch WorkerAnswer(line) {
    case .noise(let why): ignore(line, because: why)
    case .answer(let id, let result):
      guard let call = held.take(id) else {
        return ignore(line, because: "this process has no task with the id \(id), or has answered it already")
      }
      noise = 0
      backoff.noteAnswer()
      pool.noteAnswer()
      switch result {
      // A short line shares its piece with others, which the value alone would keep in memory.
      case .success(let value): call.finish(.answered(line.count < 65_536 ? value.detached : value))
      case .failure(let failure): call.finish(.failed(failure))
      }
      pool.fill()
    }
  }

  private func ignore(_ line: ArraySlice<UInt8>, because why: String) {
    speech.ignore(line, because: why)
    noise += 1
    guard noise == Limits.workerNoise else { return }
    end(.misbehaviour("wrote \(noise) lines on its standard output that were no answers"))
  }

  func child(_ child: ChildProcess, closed stream: ChildProcess.Stream) {
    guard case .up = state else { return }
    switch stream {
    // Mostly its end is only a moment away, and says more.
    case .input: leave(child, "closed its standard input")
    case .output: leave(child, "closed its standard output")
    case .errors: break
    }
  }

  func childDrained(_ child: ChildProcess) { pool.fill() }
}
