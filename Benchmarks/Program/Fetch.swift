import Ignareo

/// `fetch URL CONNECTIONS SECONDS`: GETs through the public session API, one after the other on each of so many tasks.
/// A URL with a fragment, which the loop's own engine leaves to libcurl, measures the other engine.
enum Fetch {
  static func run(_ url: String, connections: Int, seconds: Double) async throws -> Figures {
    try await TaskContext.run(connectionsPerHost: connections) { context in
      let session = context.session()
      let tally = Tally()
      for _ in 0..<connections {
        context.spawn { _ in
          do {
            while true {
              let response = try await session.get(url)
              tally.note(status: response.status, bytes: response.body.count)
            }
          } catch {
            tally.note(error)
            throw error
          }
        }
      }
      try await context.sleep(connections > 200 ? .seconds(2) : .milliseconds(500))
      let before = tally.reading
      try await context.sleep(.seconds(seconds))
      if let error = tally.error { throw error }
      return Figures(before: before, after: tally.reading)
    }
  }
}

/// What came in so far. Guarded by: the one loop on which all of the benchmark's tasks run.
final class Tally: @unchecked Sendable {
  struct Reading {
    let answers: Int
    let bytes: Int
    let failures: Int
    let time: ContinuousClock.Instant
    let processorSeconds: Double
  }

  private var (answers, bytes, failures) = (0, 0, 0)
  /// Of the first request that came to nothing: a benchmark with fewer connections than it says measures nothing.
  private(set) var error: (any Error)?

  func note(status: Int, bytes count: Int) {
    if status == 200 { answers += 1 } else { failures += 1 }
    bytes += count
  }

  func note(_ error: any Error) { self.error = self.error ?? error }

  var reading: Reading {
    Reading(
      answers: answers, bytes: bytes, failures: failures, time: .now, processorSeconds: Processor.seconds)
  }
}

/// What one run measured, as one line of JSON with the members that every client of the benchmark prints.
struct Figures {
  let line: String

  init(before: Tally.Reading, after: Tally.Reading) {
    let seconds = (after.time - before.time) / .seconds(1)
    line =
      "{\"n\":\(after.answers - before.answers),\"secs\":\(seconds),"
      + "\"cpu\":\(after.processorSeconds - before.processorSeconds),\"bytes\":\(after.bytes - before.bytes),"
      + "\"err\":\(after.failures),\"maxrss_kb\":\(Processor.peakKilobytes)}"
  }
}
