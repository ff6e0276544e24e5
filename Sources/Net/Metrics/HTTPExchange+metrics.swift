import HTTP

extension HTTPExchange {
  /// Answers with metrics, in the format that is most welcome; in Prometheus' own where nothing or neither is.
  package func respondMetrics(_ write: (inout MetricsWriter) -> Void) {
    let isOpenMetrics = request.headers.accept.best(of: [.prometheusText, .openMetricsText]) == .openMetricsText
    var metrics = MetricsWriter(isOpenMetrics ? .openMetrics : .prometheus)
    write(&metrics)
    let media: MediaType = isOpenMetrics ? .openMetricsText : .prometheusText
    respond(status: 200, headers: ["Content-Type": media.description], body: metrics.end())
  }
}

extension MediaType {
  fileprivate static let prometheusText = MediaType(
    type: "text", subtype: "plain",
    parameters: [Query.Item(name: "version", value: "0.0.4"), Query.Item(name: "charset", value: "utf-8")])
  fileprivate static let openMetricsText = MediaType(
    type: "application", subtype: "openmetrics-text",
    parameters: [Query.Item(name: "version", value: "1.0.0"), Query.Item(name: "charset", value: "utf-8")])
}
