extension HTTPClientFigures {
  package func write(into metrics: inout MetricsWriter) {
    metrics.gauge("ignareo_http_client_requests_running", "Outgoing requests that are under way.", running)
    metrics.gauge(
      "ignareo_http_client_requests_waiting", "Outgoing requests that wait for a connection or an address.", waiting)
    metrics.counter("ignareo_http_client_requests_total", "Outgoing requests that were begun.", begun)
    metrics.counter("ignareo_http_client_errors_total", "Outgoing requests that came to nothing, by cause.") {
      for code in HTTPClientError.Code.allCases { $0.sample(errors[code] ?? 0, ["code": code.rawValue]) }
    }
    let engines = [("own", own), ("libcurl", libcurl)]
    metrics.gauge("ignareo_http_client_connections", "Outgoing connections that are open, idle ones included.") {
      for (name, connections) in engines { $0.sample(connections.open, ["engine": name]) }
    }
    metrics.counter("ignareo_http_client_connections_opened_total", "Outgoing connections that were opened.") {
      for (name, connections) in engines { $0.sample(connections.opened, ["engine": name]) }
    }
  }
}
