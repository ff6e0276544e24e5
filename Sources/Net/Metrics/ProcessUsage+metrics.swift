package import Loop

extension ProcessUsage {
  /// Under the names that every client library of Prometheus gives them, so that every dashboard knows them.
  package func write(into metrics: inout MetricsWriter) {
    metrics.gauge(
      "process_start_time_seconds", "When the process was started, in seconds since 1970-01-01T00:00:00Z.", startedAt)
    metrics.counter("process_cpu_seconds_total", "CPU time of all threads, user and system, in seconds.") {
      $0.sample(cpuSeconds)
    }
    metrics.gauge("process_resident_memory_bytes", "Memory that the process holds.", residentBytes)
    metrics.gauge("process_open_fds", "Descriptors that are open.", openDescriptors)
    metrics.gauge("process_max_fds", "Descriptors that may be open at once.", descriptorLimit)
  }
}
