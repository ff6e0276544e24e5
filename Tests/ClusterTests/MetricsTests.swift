import Foundation
import JSON
import Testing

@Suite("Metrics in Prometheus' own hands", .timeLimit(.minutes(5))) struct MetricsTests {
  @Test(
    "both formats of a whole node are read by the client library's parsers, and say the same",
    .enabled("Debian's python3-prometheus-client is missing: Tests/run installs it") {
      await ForeignPython.has("prometheus_client.openmetrics")
    })
  func formats() async throws {
    let node = try Program([
      "node", "--http", "127.0.0.1:0", "--gossip", "127.0.0.1:0", "--profile", "local", "--loops", "2", "--name",
      #"a"quoted\name"#, "--worker", "w=cat",
    ])
    let authority = try #require(try JSONValue.parse(try await node.firstLine())["http"]?.string)
    let (status, output) = try await ForeignPython.run(script: "metrics-reader/read.py", authority)
    node.send(SIGTERM)
    #expect(try await node.exitStatus() == 0, "\(node.errors)")
    try #require(status == 0, "\(output)")

    let seen = try JSONValue.parse(output)
    let (plain, open) = (try #require(seen["prometheus"]), try #require(seen["openmetrics"]))
    #expect(plain["content_type"]?.string == "text/plain; version=0.0.4; charset=utf-8")
    #expect(open["content_type"]?.string == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    #expect(plain["families"] == open["families"])
    let families = plain["families"]?.members ?? []
    #expect(families.count > 40 && families.allSatisfy { ["gauge", "counter", "histogram"].contains($0.value.string) })
    for format in [plain, open] {
      #expect(format["undocumented"]?.elements?.isEmpty == true)
      let samples = try #require(format["samples"])
      #expect(samples[#"ignareo_tasks_ended_total{"status": "error", "task_type": "fail"}"#]?.double == 1)
      #expect(samples[#"ignareo_task_run_duration_seconds_bucket{"le": "+Inf", "task_type": "sleep"}"#]?.double == 1)
      #expect(samples[#"ignareo_worker_processes{"worker": "w"}"#]?.double ?? 0 >= 1)
      #expect(samples[#"ignareo_loop_lag_seconds{"loop": "1"}"#] != nil)
      #expect(samples[#"ignareo_cluster_members{"role": "node", "state": "alive"}"#]?.double == 1)
      let name = #"ignareo_member_info{"name": "a\"quoted\\name", "role": "node", "version": "0.1.0"}"#
      #expect(samples[name]?.double == 1)
      #expect(samples["process_cpu_seconds_total{}"]?.double ?? 0 > 0)
    }
  }
}
