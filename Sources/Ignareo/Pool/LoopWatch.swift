internal import Clockwork
internal import Loop
internal import Net

/// How each loop fares, as the first one knows it: it asks them once a second, and one that does not answer lags at
/// least since it was asked.
///
/// Guarded by: the first loop's thread.
package final class LoopWatch: @unchecked Sendable {
  private struct Report: Sendable {
    var lag = Duration.zero
    var client = HTTPClientFigures()
    /// When it was asked for the next report, while it owes that.
    var askedAt: Instant?
  }

  private let runners: [LoopRunner]
  private var reports: [Report]

  package init(_ runners: [LoopRunner]) {
    self.runners = runners
    reports = runners.map { _ in Report() }
  }

  /// Of each loop, the first one's first.
  package var lags: [Duration] {
    let now = MonotonicClock.now
    return zip(runners.indices, reports).map { place, report in
      if place == 0 { return runners[0].loop.lag }
      return max(report.lag, report.askedAt.map { now - $0 } ?? .zero)
    }
  }

  /// Of all loops' clients together.
  var client: HTTPClientFigures {
    reports.dropFirst().reduce(into: runners[0].clientFigures) { $0 += $1.client }
  }

  /// Asks the loops that owe no report.
  package func ask() {
    let home = runners[0].loop
    home.assertCurrent()
    for (place, runner) in runners.enumerated().dropFirst() where reports[place].askedAt == nil {
      reports[place].askedAt = MonotonicClock.now
      runner.loop.execute { [self] in
        let report = Report(lag: runner.loop.lag, client: runner.clientFigures)
        home.execute { [self] in reports[place] = report }
      }
    }
  }
}
