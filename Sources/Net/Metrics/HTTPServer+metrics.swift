import Loop

extension HTTPServer {
  package func write(into metrics: inout MetricsWriter) {
    loop.assertCurrent()
    metrics.gauge(
      "ignareo_http_connections", "Connections to the API that are open, WebSockets and idle ones included.",
      connectionCount)
    metrics.counter("ignareo_http_connections_opened_total", "Connections to the API that were accepted.", opened)
    metrics.counter(
      "ignareo_http_connections_refused_total",
      "Connections to the API that were answered 503 because too many were open already.", refused)
    metrics.counter("ignareo_http_requests_total", "Answers of the API by route and by class of status.") {
      requests.write(into: &$0)
    }
  }
}
