import Clockwork
import HTTP
import JSON
import Loop
import Net
import Testing

@testable import Ignareo

extension NodeBench {
  /// `GET /metrics`, read back.
  func metrics() async throws -> Exposition {
    let answer = try await client.fetch(HTTPClientRequest(url + "/metrics"))
    #expect(answer.status == 200)
    #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
    return Exposition(String(decoding: answer.body, as: UTF8.self))
  }
}

@Suite("A node's metrics", .timeLimit(.minutes(2)))
struct MetricsTests {
  @Test("every family of the node is there before anything has happened, with its type")
  func families() async throws {
    var types = TaskTypes.builtIn
    types.registerWorker("w", command: "cat", processes: 1)
    try await withNode(loops: 2, types: types) { node async throws in
      let metrics = try await node.metrics()
      for (type, names) in [
        "gauge": [
          "ignareo_tasks", "ignareo_task_capacity", "ignareo_tasks_held_bytes", "ignareo_task_values_kept_bytes",
          "ignareo_draining", "ignareo_slow", "ignareo_loop_lag_seconds", "ignareo_http_connections",
          "ignareo_shards", "ignareo_shards_held", "ignareo_shards_detached", "ignareo_shards_held_bytes",
          "ignareo_sockets", "ignareo_sockets_waiting_bytes", "ignareo_http_client_requests_running",
          "ignareo_task_values_waiting_bytes",
          "ignareo_http_client_requests_waiting", "ignareo_http_client_connections", "ignareo_worker_processes",
          "ignareo_worker_processes_running", "process_start_time_seconds", "process_resident_memory_bytes",
          "process_open_fds", "process_max_fds",
        ],
        "counter": [
          "ignareo_tasks_registered_total", "ignareo_tasks_ended_total", "ignareo_task_attempts_total",
          "ignareo_task_errors_total", "ignareo_shard_tasks_unfit_total", "ignareo_http_connections_opened_total",
          "ignareo_http_connections_refused_total", "ignareo_http_requests_total", "ignareo_sockets_opened_total",
          "ignareo_http_client_requests_total", "ignareo_http_client_errors_total",
          "ignareo_http_client_connections_opened_total", "ignareo_worker_restarts_total",
          "process_cpu_seconds_total",
        ],
        "histogram": ["ignareo_task_queue_duration_seconds", "ignareo_task_run_duration_seconds"],
      ] {
        #expect(Set(metrics.types.filter { $0.value == type }.keys) == Set(names))
      }
      for label in [#"{task_type="w",status="error"}"#, #"{task_type="http",status="cancelled"}"#] {
        #expect(metrics["ignareo_tasks_ended_total\(label)"] == 0)
      }
      #expect(metrics.labels(of: "ignareo_loop_lag_seconds").count == 2)
      #expect(metrics["ignareo_task_errors_total{code=\"worker_crashed\"}"] == 0)
      #expect(metrics["ignareo_worker_processes{worker=\"w\"}"] == 1)
      #expect(metrics["ignareo_task_run_duration_seconds_bucket{task_type=\"echo\",le=\"+Inf\"}"] == 0)
      #expect(metrics["ignareo_task_capacity"] == 100)
      #expect(metrics["process_resident_memory_bytes"] ?? 0 > 1_000_000)
    }
  }

  @Test("tasks are counted by type and by how they end, with their attempts, durations and errors")
  func tasks() async throws {
    let gate = TaskGate()
    try await withNode(loops: 2, capacity: 2, types: gate.types) { node async throws in
      let body = #"[{"task":"echo"},{"task":"fail","attempts":3,"args":{"times":2}},{"task":"fail"},{"task":"echo"}]"#
      #expect(try await node.ask("POST", "/tasks?wait=60", body).status == 200)
      _ = try await node.ask("POST", "/tasks?wait=60", #"{"task":"sleep","args":{"seconds":60},"timeout_s":0.02}"#)
      var paths: [String] = []
      for _ in 0..<3 { paths.append(try await node.add(#"{"task":"gated"}"#)) }
      let busy = try await node.metrics()
      #expect(busy[#"ignareo_tasks{state="running"}"#] == 2 && busy[#"ignareo_tasks{state="queued"}"#] == 1)
      #expect(busy["ignareo_tasks_held_bytes"] ?? 0 > 0)
      // One that never began, and one that did.
      for path in [paths[2], paths[0]] { _ = try await node.ask("DELETE", path) }
      gate.open()
      _ = try await node.ask("GET", paths[1] + "?wait=60")

      let metrics = try await node.metrics()
      for (sample, value) in [
        #"ignareo_tasks{state="ok"}"#: 4, #"ignareo_tasks{state="error"}"#: 2, #"ignareo_tasks{state="cancelled"}"#: 2,
        #"ignareo_tasks{state="running"}"#: 0, #"ignareo_tasks{state="queued"}"#: 0, "ignareo_tasks_held_bytes": 0,
        #"ignareo_tasks_registered_total{task_type="gated"}"#: 3,
        #"ignareo_tasks_ended_total{task_type="echo",status="ok"}"#: 2,
        #"ignareo_tasks_ended_total{task_type="fail",status="ok"}"#: 1,
        #"ignareo_tasks_ended_total{task_type="fail",status="error"}"#: 1,
        #"ignareo_tasks_ended_total{task_type="sleep",status="error"}"#: 1,
        #"ignareo_tasks_ended_total{task_type="gated",status="ok"}"#: 1,
        #"ignareo_tasks_ended_total{task_type="gated",status="cancelled"}"#: 2,
        #"ignareo_task_attempts_total{task_type="fail"}"#: 4, #"ignareo_task_attempts_total{task_type="gated"}"#: 2,
        #"ignareo_task_errors_total{code="internal"}"#: 1, #"ignareo_task_errors_total{code="timeout"}"#: 1,
        #"ignareo_task_run_duration_seconds_count{task_type="fail"}"#: 4,
        #"ignareo_task_queue_duration_seconds_count{task_type="fail"}"#: 2,
        #"ignareo_task_queue_duration_seconds_count{task_type="gated"}"#: 2,
        #"ignareo_task_run_duration_seconds_bucket{task_type="sleep",le="0.01"}"#: 0,
        #"ignareo_task_run_duration_seconds_bucket{task_type="sleep",le="+Inf"}"#: 1,
      ] as [String: Double] {
        #expect(metrics[sample] == value, "\(sample)")
      }
      #expect(metrics[#"ignareo_task_run_duration_seconds_sum{task_type="sleep"}"#] ?? 0 >= 0.02)
    }
  }

  @Test("no counter ever falls while tasks end in every way, are forgotten, and the node drains")
  func counters() async throws {
    try await withNode(loops: 2, capacity: 50) { node async throws in
      let site = try Website(node.loop) { _, exchange in exchange.respond(status: 200) }
      defer { site.close() }
      var earlier = try await node.metrics()
      func scrape() async throws {
        let metrics = try await node.metrics()
        #expect(metrics.fallen(since: earlier) == [])
        earlier = metrics
      }
      for round in 0..<20 {
        _ = try await node.ask(
          "POST", "/tasks?wait=60",
          #"[{"task":"echo"},{"task":"fail"},{"task":"http","args":{"url":"\#(site.url())"}},{"task":"nope"}]"#)
        let sleeper = try await node.add(#"{"task":"sleep","args":{"seconds":60}}"#)
        _ = try await node.ask(
          "POST", "/tasks?wait=60",
          #"[{"task":"echo"},{"task":"fail"},{"task":"http","args":{"url":"\#(site.url())"}}]"#)
        try await scrape()
        _ = try await node.ask("DELETE", sleeper)
        // Everything that is kept is too old an hour later.
        if round == 10 { node.pool.forgetOld(node.loop.now + Duration.seconds(3600)) }
        try await scrape()
      }
      #expect(earlier[#"ignareo_tasks{state="ok"}"#] ?? 99 < 40)
      for (type, status) in [("echo", "ok"), ("fail", "error"), ("http", "ok"), ("sleep", "cancelled")] {
        #expect(earlier[#"ignareo_tasks_ended_total{task_type="\#(type)",status="\#(status)"}"#] == 20)
      }
      let last = try await node.add(#"{"task":"sleep","args":{"seconds":0.05}}"#)
      let drained = node.loop.spawn { await node.service.drain() }
      try await eventually(node.loop, "the drain begins") { node.pool.isDraining }
      try await scrape()
      #expect(earlier["ignareo_draining"] == 1)
      await drained.value
      #expect(try await node.ask("GET", last).status == 200)
      try await scrape()
    }
  }

  @Test("requests are counted by route and class of status, connections and sockets while they are open")
  func requests() async throws {
    try await withNode { node async throws in
      let task = try await node.add(#"{"task":"echo"}"#)
      for path in [task, task, "/tasks/none", "/nowhere", "/tasks?state=odd"] { _ = try await node.ask("GET", path) }
      let socket = try await SocketClient.open(node)
      _ = try await socket.register(#"{"task":"echo"}"#)
      let metrics = try await node.metrics()
      for (labels, count) in [
        #"{route="/tasks",status="2xx"}"#: 1, #"{route="/tasks",status="4xx"}"#: 1,
        #"{route="/tasks/{id}",status="2xx"}"#: 2, #"{route="/tasks/{id}",status="4xx"}"#: 1,
        #"{route="other",status="4xx"}"#: 1, #"{route="/socket",status="1xx"}"#: 1,
        #"{route="/metrics",status="2xx"}"#: 0, #"{route="/healthz",status="5xx"}"#: 0,
      ] as [String: Double] {
        #expect(metrics["ignareo_http_requests_total\(labels)"] == count, "\(labels)")
      }
      #expect(metrics["ignareo_sockets"] == 1 && metrics["ignareo_sockets_opened_total"] == 1)
      #expect(metrics["ignareo_http_connections"] == 2 && metrics["ignareo_http_connections_opened_total"] == 2)
      socket.end()
      try await eventually(node.loop, "the socket ends") { socket.isEnded }
      let after = try await node.metrics()
      #expect(after["ignareo_sockets"] == 0 && after["ignareo_sockets_opened_total"] == 1)
    }
  }

  @Test("what other loops' tasks fetch is counted within a second, and the engines' connections with it")
  func client() async throws {
    try await withNode(loops: 3) { node async throws in
      let site = try Website(node.loop) { _, exchange in exchange.respond(status: 200) }
      defer { site.close() }
      let tasks = (0..<30).map { _ in #"{"task":"http","args":{"url":"\#(site.url())"}}"# }
      _ = try await node.ask("POST", "/tasks?wait=60", "[\(tasks.joined(separator: ","))]")
      _ = try await node.ask("POST", "/tasks?wait=60", #"{"task":"http","args":{"url":"http://127.0.0.1:1/"}}"#)
      var metrics = try await node.metrics()
      while metrics["ignareo_http_client_requests_total"] != 31 {
        try await node.loop.sleep(for: .milliseconds(20))
        metrics = try await node.metrics()
      }
      #expect(metrics[#"ignareo_http_client_errors_total{code="connect"}"#] == 1)
      let (open, opened) = (
        metrics[#"ignareo_http_client_connections{engine="own"}"#] ?? 0,
        metrics[#"ignareo_http_client_connections_opened_total{engine="own"}"#] ?? 0
      )
      #expect(open >= 3 && opened >= open)
      #expect(metrics["ignareo_http_client_requests_running"] == 0)
    }
  }

  @Test("HEAD has the length alone, and a task of a shard that cannot begin here is counted by its error")
  func others() async throws {
    try await withNode { node async throws in
      let head = try await node.client.fetch(HTTPClientRequest(node.url + "/metrics", method: "HEAD"))
      #expect(head.status == 200 && head.body.isEmpty && Int(head.headers["content-length"] ?? "") ?? 0 > 1_000)
      let shard = "/shards?id=0197a000-0000-7000-8000-000000000000"
      var request = HTTPClientRequest(
        node.url + shard, method: "POST", headers: ["Content-Type": "application/x-ndjson"])
      request.body = .bytes(Array(#"{"index":0,"task":"nope"}"#.utf8))
      #expect(try await node.client.fetch(request).status == 200)
      let metrics = try await node.metrics()
      #expect(metrics[#"ignareo_shard_tasks_unfit_total{code="unknown_task"}"#] == 1)
      #expect(metrics[#"ignareo_task_errors_total{code="unknown_task"}"#] == 0)
    }
  }
}
