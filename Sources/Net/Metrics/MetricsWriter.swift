/// Metrics as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0 for a client that asks for it.
///
///     var metrics = MetricsWriter(.prometheus)
///     metrics.gauge("ignareo_tasks", "Tasks that this node knows, by state.") {
///       $0.sample(3, ["state": "queued"])
///     }
///     let bytes = metrics.end()
///
/// Names follow Prometheus' conventions: base units in the name (`_seconds`, `_bytes`), `_total` behind a counter's.
/// They are the program's own, so that a wrong one traps; a label's value may be any text.
package struct MetricsWriter: Sendable {
  package enum Format: Sendable { case prometheus, openMetrics }

  /// One family while it is written: every sample has its name.
  package struct Samples {
    fileprivate var writer: MetricsWriter
    fileprivate let name: String

    package mutating func sample(_ value: Int, _ labels: KeyValuePairs<String, String> = [:]) {
      writer.line(name, labels, "\(value)")
    }

    package mutating func sample(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
      writer.line(name, labels, MetricsWriter.text(of: value))
    }

    /// Its buckets, each with all that took no longer, its sum in seconds and its count.
    package mutating func sample(_ histogram: DurationHistogram, _ labels: KeyValuePairs<String, String> = [:]) {
      var count = 0
      for (bound, number) in histogram.buckets {
        count += number
        writer.line("\(name)_bucket", labels, bound: MetricsWriter.text(of: bound), "\(count)")
      }
      writer.line("\(name)_sum", labels, MetricsWriter.text(of: histogram.seconds))
      writer.line("\(name)_count", labels, "\(count)")
    }
  }

  package let format: Format
  private var bytes: [UInt8] = []
  private var families: Set<String> = []

  package init(_ format: Format = .prometheus) { self.format = format }

  /// What may rise and fall.
  package mutating func gauge(_ name: String, _ help: String, _ body: (inout Samples) -> Void) {
    precondition(!name.hasSuffix("_total"), "\(name) is called like a counter")
    family(name, samples: name, "gauge", help, body)
  }

  package mutating func gauge(_ name: String, _ help: String, _ value: Int) {
    gauge(name, help) { $0.sample(value) }
  }

  package mutating func gauge(_ name: String, _ help: String, _ value: Double) {
    gauge(name, help) { $0.sample(value) }
  }

  /// What only rises until the process ends.
  package mutating func counter(_ name: String, _ help: String, _ body: (inout Samples) -> Void) {
    precondition(name.hasSuffix("_total"), "the counter \(name) does not end in _total")
    // To OpenMetrics the suffix belongs to the sample, not to the family.
    family(format == .openMetrics ? String(name.dropLast(6)) : name, samples: name, "counter", help, body)
  }

  package mutating func counter(_ name: String, _ help: String, _ value: Int) {
    counter(name, help) { $0.sample(value) }
  }

  package mutating func histogram(_ name: String, _ help: String, _ body: (inout Samples) -> Void) {
    precondition(name.hasSuffix("_seconds"), "the histogram \(name) is one of durations and does not say so")
    family(name, samples: name, "histogram", help, body)
  }

  /// The whole text.
  package consuming func end() -> [UInt8] {
    var bytes = bytes
    if format == .openMetrics { bytes += "# EOF\n".utf8 }
    return bytes
  }

  private mutating func family(
    _ name: String, samples: String, _ type: String, _ help: String, _ body: (inout Samples) -> Void
  ) {
    precondition(Self.isName(name), "'\(name)' names no metric")
    precondition(families.insert(name).inserted, "the metric \(name) is written twice")
    bytes += "# HELP \(name) ".utf8
    append(help, escapingQuotes: format == .openMetrics)
    bytes += "\n# TYPE \(name) \(type)\n".utf8
    var part = Samples(writer: self, name: samples)
    // The bytes are the part's alone until it gives them back, so that they are not copied.
    bytes = []
    body(&part)
    self = part.writer
  }

  private mutating func line(
    _ name: String, _ labels: KeyValuePairs<String, String>, bound: String? = nil, _ value: String
  ) {
    bytes += name.utf8
    var separator = UInt8(ascii: "{")
    for (label, text) in labels {
      precondition(Self.isName(label) && label != "le", "'\(label)' names no label of \(name)")
      append(label, text, behind: &separator)
    }
    if let bound { append("le", bound, behind: &separator) }
    if separator == UInt8(ascii: ",") { bytes.append(UInt8(ascii: "}")) }
    bytes += " \(value)\n".utf8
  }

  private mutating func append(_ label: String, _ text: String, behind separator: inout UInt8) {
    bytes.append(separator)
    separator = UInt8(ascii: ",")
    bytes += label.utf8
    bytes += "=\"".utf8
    append(text, escapingQuotes: true)
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func append(_ text: String, escapingQuotes: Bool) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): bytes += #"\\"#.utf8
      case UInt8(ascii: "\n"): bytes += #"\n"#.utf8
      case UInt8(ascii: "\"") where escapingQuotes: bytes += #"\""#.utf8
      default: bytes.append(byte)
      }
    }
  }

  private static func text(of value: Double) -> String {
    if value.isNaN { return "NaN" }
    return value.isInfinite ? (value < 0 ? "-Inf" : "+Inf") : "\(value)"
  }

  /// `[a-zA-Z_][a-zA-Z0-9_]*`: colons are for Prometheus' own rules.
  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, first > UInt8(ascii: "9") else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}
