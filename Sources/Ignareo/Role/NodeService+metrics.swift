internal import Clockwork
internal import Loop
package import Net

extension NodeService {
  /// What `GET /metrics` tells of this process; the cluster's part is its membership's. Only what is at hand on the
  /// first loop is read: the other loops' figures are those of their last report, a second old at most.
  package func write(into metrics: inout MetricsWriter) {
    loop.assertCurrent()
    pool.write(into: &metrics)
    let load = load
    metrics.gauge("ignareo_loop_lag_seconds", "The longest that each loop was away from its work of late.") {
      for (place, lag) in load.lags.enumerated() { $0.sample(lag.inSeconds, ["loop": "\(place)"]) }
    }
    metrics.gauge("ignareo_slow", "1 while a loop lags so much that this node gets no new work.", load.isSlow ? 1 : 0)
    server?.write(into: &metrics)
    api.write(into: &metrics)
    watch.client.write(into: &metrics)
    workers.write(into: &metrics)
    ProcessUsage().write(into: &metrics)
  }
}
