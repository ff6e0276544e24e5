import Loop
import Testing

@testable import Net

@Suite("Metrics as text") struct MetricsWriterTests {
  private func text(
    _ format: MetricsWriter.Format = .prometheus, _ write: (inout MetricsWriter) -> Void
  ) -> String {
    var metrics = MetricsWriter(format)
    write(&metrics)
    return String(decoding: metrics.end(), as: UTF8.self)
  }

  private func both(_ metrics: inout MetricsWriter) {
    metrics.gauge("a_tasks", "Tasks, by state.") {
      $0.sample(3, ["state": "queued"])
      $0.sample(0, ["state": "running", "loop": "1"])
    }
    metrics.gauge("a_lag_seconds", "Lag.", 0.25)
    metrics.counter("a_ended_total", "Ended.", 7)
  }

  @Test("every family has its help and its type, every sample its labels in their order")
  func prometheus() {
    #expect(
      text(.prometheus, both) == """
        # HELP a_tasks Tasks, by state.
        # TYPE a_tasks gauge
        a_tasks{state="queued"} 3
        a_tasks{state="running",loop="1"} 0
        # HELP a_lag_seconds Lag.
        # TYPE a_lag_seconds gauge
        a_lag_seconds 0.25
        # HELP a_ended_total Ended.
        # TYPE a_ended_total counter
        a_ended_total 7

        """)
  }

  @Test("to OpenMetrics a counter's family has no suffix, and the text says where it ends")
  func openMetrics() {
    let text = text(.openMetrics, both)
    #expect(text.contains("# HELP a_ended Ended.\n# TYPE a_ended counter\na_ended_total 7\n"))
    #expect(text.hasSuffix("a_ended_total 7\n# EOF\n"))
  }

  @Test("what would end a label's value or a line is escaped, and nothing else")
  func escaping() {
    let odd = "C:\\dir \"x\"\nnext, {é} = 1"
    func write(_ metrics: inout MetricsWriter) {
      metrics.gauge("a", "back\\slash, \"quote\"\nline") { $0.sample(1, ["name": odd, "empty": ""]) }
    }
    let sample = #"a{name="C:\\dir \"x\"\nnext, {é} = 1",empty=""} 1"#
    #expect(
      text(.prometheus, write) == #"# HELP a back\\slash, "quote"\nline"# + "\n# TYPE a gauge\n\(sample)\n")
    #expect(
      text(.openMetrics, write)
        == #"# HELP a back\\slash, \"quote\"\nline"# + "\n# TYPE a gauge\n\(sample)\n# EOF\n")
  }

  @Test("numbers that are none have the words that Prometheus reads")
  func numbers() {
    let text = text {
      $0.gauge("a", "A.") {
        for (name, value) in [("inf", Double.infinity), ("neg", -.infinity), ("nan", .nan), ("small", 1e-9)] {
          $0.sample(value, ["v": name])
        }
        $0.sample(Int.max, ["v": "max"])
      }
    }
    let lines = text.split(separator: "\n").suffix(5)
    #expect(lines.map { $0.split(separator: " ")[1] } == ["+Inf", "-Inf", "NaN", "1e-09", "9223372036854775807"])
  }

  @Test("a histogram's buckets count all that took no longer, up to all there are")
  func histogram() {
    var histogram = DurationHistogram()
    for duration in [.zero, .milliseconds(1), .microseconds(1_001), .seconds(1_800), .seconds(7_200)] as [Duration] {
      histogram.record(duration)
    }
    let text = text { $0.histogram("a_seconds", "A.") { $0.sample(histogram, ["t": "x"]) } }
    let lines = text.split(separator: "\n").dropFirst(2).map(String.init)
    #expect(lines.first == #"a_seconds_bucket{t="x",le="0.001"} 2"#)
    #expect(lines[1] == #"a_seconds_bucket{t="x",le="0.0025"} 3"#)
    #expect(lines.suffix(5).first == #"a_seconds_bucket{t="x",le="300.0"} 3"#)
    #expect(
      lines.suffix(4) == [
        #"a_seconds_bucket{t="x",le="1800.0"} 4"#, #"a_seconds_bucket{t="x",le="+Inf"} 5"#,
        #"a_seconds_sum{t="x"} 9000.002001"#, #"a_seconds_count{t="x"} 5"#,
      ])
    let counts = lines.dropLast(2).compactMap { Int($0.split(separator: " ")[1]) }
    #expect(counts == counts.sorted() && counts.count == DurationHistogram.bounds.count + 1)
  }

  @Test("a sum goes on rising far beyond what nanoseconds in 64 bits hold")
  func longSums() {
    var histogram = DurationHistogram()
    for _ in 0..<1_000 { histogram.record(.seconds(100_000_000)) }
    #expect(histogram.seconds == 1e11 && histogram.count == 1_000)
  }

  @Test("the bounds rise, so that the first one that holds is the right one")
  func bounds() {
    #expect(DurationHistogram.bounds == DurationHistogram.bounds.sorted())
    #expect(Set(DurationHistogram.bounds).count == DurationHistogram.bounds.count)
  }
}
