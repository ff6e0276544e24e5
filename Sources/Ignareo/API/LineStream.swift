internal import HTTP
internal import Net

/// Reads an exchange's body line by line, until its end or the first problem, which is then the answer.
enum LineStream {
  /// - Parameters:
  ///   - take: gets each line and its number from 1; a problem that it gives ends the reading.
  ///   - tooLong: gives the problem that a line beyond the limit is.
  ///   - end: called after the last line, unless there was a problem.
  static func read(
    _ exchange: HTTPExchange, limit: Int, take: @escaping (Int, ArraySlice<UInt8>) -> Problem?,
    tooLong: @escaping (Int) -> Problem?, end: @escaping () -> Void
  ) {
    var lines = LineSplitter(limit: limit)
    var isOver = false
    exchange.readBody { event in
      guard !isOver else { return }
      var problem: Problem?
      func note(_ bytes: ArraySlice<UInt8>, _ line: Int) { if problem == nil { problem = take(line, bytes) } }
      do throws(LineSplitter.TooLong) {
        switch event {
        case .chunk(let chunk): try lines.take(chunk, note)
        case .end: try lines.finish(note)
        case .failed(let error):
          isOver = true
          return exchange.respond(error)
        }
      } catch {
        problem = problem ?? tooLong(error.line)
      }
      if let problem {
        isOver = true
        exchange.respond(problem)
      } else if case .end = event {
        isOver = true
        end()
      }
    }
  }
}
