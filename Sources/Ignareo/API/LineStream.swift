internal import HTTP
internal import Net

/// Takes what a `LineStream` reads.
protocol LineTaker: AnyObject {
  /// - Parameter number: from 1.
  func take(_ line: ArraySlice<UInt8>, number: Int) -> LineStream.Verdict
  /// A line goes beyond the limit: what follows it cannot be understood.
  func tooLong(line: Int) -> Problem
  /// All that has come so far is taken. A problem that it gives ends the reading.
  func pieceEnds() -> Problem?
  /// Called once: behind the last line, or with the problem that ended the reading.
  func ended(_ problem: Problem?)
}

extension LineTaker {
  func pieceEnds() -> Problem? { nil }
}

/// Reads an exchange's body line by line, no faster than its taker wants: while that pauses, no more is read, and TCP
/// slows the sender down. What is held of the body meanwhile counts as the exchange's.
///
/// Guarded by: the exchange's loop.
final class LineStream {
  enum Verdict {
    case next
    /// The line is taken, and none is wanted until `resume()`.
    case pause
    case refuse(Problem)
  }

  private enum State {
    case reading
    /// The taker holds on to a line of so many bytes.
    case paused(lineBytes: Int)
    case over
  }

  private let exchange: HTTPExchange
  private var lines: LineSplitter
  /// Keeps this alive, and is kept alive, until the reading is over.
  private var taker: (any LineTaker)?
  private var state = State.reading
  /// Of the piece that came last, what is not cut into lines yet.
  private var rest: ArraySlice<UInt8> = []
  private var bodyHasEnded = false
  private var lastLineIsTaken = false

  init(_ exchange: HTTPExchange, limit: Int, taker: any LineTaker) {
    (self.exchange, self.taker) = (exchange, taker)
    lines = LineSplitter(limit: limit)
  }

  /// - Parameter mayRest: the sender may say nothing for as long as he likes.
  func read(mayRest: Bool = false) {
    exchange.readBody(mayRest: mayRest) { [self] event in
      if case .over = state { return }
      switch event {
      case .chunk(let bytes):
        rest = rest.isEmpty ? bytes[...] : rest + bytes
        goOn()
      case .end:
        bodyHasEnded = true
        goOn()
      case .failed(let error): finish(Problem(error))
      }
    }
  }

  func resume() {
    guard case .paused = state else { return }
    state = .reading
    goOn()
    if case .reading = state { exchange.resumeBody() }
  }

  /// Ends the reading, unless it is over.
  func stop(_ problem: Problem) {
    if case .over = state { return }
    finish(problem)
  }

  private func goOn() {
    guard case .reading = state, let taker else { return }
    var verdict = Verdict.next
    var lineBytes = 0
    func note(_ line: ArraySlice<UInt8>, _ number: Int) -> Bool {
      lineBytes = line.count
      verdict = taker.take(line, number: number)
      if case .next = verdict { return true } else { return false }
    }
    do throws(LineSplitter.TooLong) {
      rest = try lines.take(rest, while: note)
      if case .next = verdict, bodyHasEnded, !lastLineIsTaken {
        lastLineIsTaken = true
        try lines.finish { _ = note($0, $1) }
      }
    } catch {
      verdict = .refuse(taker.tooLong(line: error.line))
    }
    if case .refuse(let problem) = verdict { return finish(problem) }
    if let problem = taker.pieceEnds() { return finish(problem) }
    settle(verdict, lineBytes)
  }

  private func settle(_ verdict: Verdict, _ lineBytes: Int) {
    var held = lines.heldBytes
    if case .pause = verdict {
      state = .paused(lineBytes: lineBytes)
      // The piece may be much larger than what is left of it.
      rest = Array(rest)[...]
      held += rest.count + lineBytes
      exchange.pauseBody()
    } else if lastLineIsTaken {
      return finish(nil)
    }
    do throws(HTTPError) { try exchange.hold(held) } catch { finish(Problem(error)) }
  }

  private func finish(_ problem: Problem?) {
    state = .over
    rest = []
    lines = LineSplitter(limit: lines.limit)
    try? exchange.hold(0)
    let taker = self.taker
    self.taker = nil
    taker?.ended(problem)
  }
}
