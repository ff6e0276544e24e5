import Clockwork
import Glibc
import Gossip
import JSON
import Simulation

extension SimulateCommand {
  static func showScaling(_ flags: ScannedFlags) throws -> ExitCode {
    try refuse(["members", "lifeguard"], of: "membership", flags)
    for name in ["seed", "trace"] where flags.has(name) {
      throw flags.error(name, "\(DispatchScaling.scenario) measures: no two of its runs are the same")
    }
    let nodes = try flags.integer("nodes", in: DispatchScaling.sizes) ?? 5
    let beside = try flags.integer("beside", in: 0...1_000) ?? 0
    let figures = DispatchScaling.run(nodes: nodes, beside: .microseconds(beside)) { threadTime() }
    Terminal.write(flags.has("json") ? figures.jsonLine : Array(figures.text.utf8))
    return .well
  }

  private static func threadTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
  }
}

extension ScalingFigures {
  private var ratePerSecond: Double { Double(tasks) / measured.inSeconds }
  private func microsecondsPerTask(_ time: Duration) -> Double { time.inSeconds * 1e6 / Double(max(1, tasks)) }

  /// The names are those that `Benchmarks/suite/scaling.py` reads.
  fileprivate var jsonLine: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("scenario", DispatchScaling.scenario)
      $0.member("nodes", nodes)
      $0.member("seconds", measured.inSeconds)
      $0.member("tasks", tasks)
      $0.member("shards", shards)
      $0.member("offered_per_s", offered)
      $0.member("rate_per_s", ratePerSecond)
      $0.member("scheduler_us", microsecondsPerTask(scheduling))
      $0.member("reports_us", microsecondsPerTask(reports))
      $0.member("records_us", microsecondsPerTask(writing))
      $0.member("busy", (scheduling + reports + writing).inSeconds / measured.inSeconds)
      for (name, quantile) in [("lag_ms", lag), ("probe_ms", probe)] {
        $0.object(name) {
          $0.member("p50", quantile(0.5))
          $0.member("p99", quantile(0.99))
        }
      }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  fileprivate var text: String {
    func short(_ number: Double) -> String { "\((number * 100).rounded() / 100)" }
    let processor = [("scheduler", scheduling), ("reports", reports), ("records", writing)]
      .map { "\($0.0) \(short(microsecondsPerTask($0.1)))" }.joined(separator: ", ")
    let latency = short(probe(0.5))
    return
      "batch: scenario \(DispatchScaling.scenario), \(nodes) nodes: \(Int(ratePerSecond)) of \(Int(offered)) tasks a "
      + "second; microseconds a task: \(processor); a batch of one: \(latency) ms in the median\n"
  }
}
