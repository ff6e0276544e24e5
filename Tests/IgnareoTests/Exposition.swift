import Testing

/// Metrics in Prometheus' text format, read back: what a rule of the format or of its naming forbids is an issue.
struct Exposition {
  /// A sample's name with its labels, as it is written, to its value.
  private(set) var samples: [String: Double] = [:]
  /// The type of each family.
  private(set) var types: [String: String] = [:]
  private var helps: Set<String> = []

  init(_ text: String) {
    #expect(text.hasSuffix("\n"))
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.hasPrefix("#") { comment(line) } else { sample(line) }
    }
  }

  /// The value of a sample such as `ignareo_tasks{state="ok"}`.
  subscript(_ sample: String) -> Double? { samples[sample] }

  func labels(of name: String) -> [String] { samples.keys.filter { $0.hasPrefix(name + "{") }.sorted() }

  private mutating func comment(_ line: Substring) {
    let words = line.split(separator: " ", maxSplits: 3)
    guard words.count == 4, words[0] == "#" else { return bad(line, "a comment that says nothing") }
    let name = String(words[2])
    switch words[1] {
    case "HELP": if !helps.insert(name).inserted { bad(line, "a second help") }
    case "TYPE":
      if !helps.contains(name) { bad(line, "no help before the type") }
      if types[name] != nil { bad(line, "a second type") }
      types[name] = String(words[3])
      check(name, String(words[3]), line)
    default: bad(line, "neither help nor type")
    }
  }

  /// https://prometheus.io/docs/practices/naming/
  private func check(_ name: String, _ type: String, _ line: Substring) {
    if !["gauge", "counter", "histogram"].contains(type) { bad(line, "an unknown type") }
    if name.wholeMatch(of: /[a-z][a-z0-9_]*/) == nil { bad(line, "a bad name") }
    if !name.hasPrefix("ignareo_"), !name.hasPrefix("process_") { bad(line, "no prefix") }
    if name.hasSuffix("_total") != (type == "counter") { bad(line, "_total is for counters, and for them alone") }
    for unit in ["_ms", "_s", "_millis", "_kb", "_mb"] where name.hasSuffix(unit) { bad(line, "no base unit") }
  }

  private mutating func sample(_ line: Substring) {
    let label = #/[a-z_]+="(?:[^"\\\n]|\\["\\n])*"/#
    let pattern = #/(?<name>[a-z_]+)(?:\{(?<labels>.*)\})? (?<value>\S+)/#
    guard let match = line.wholeMatch(of: pattern), let value = Double(match.value) else {
      return bad(line, "no sample")
    }
    var rest = match.labels ?? ""
    while !rest.isEmpty {
      guard let found = rest.prefixMatch(of: label) else { return bad(line, "bad labels") }
      rest = rest[found.range.upperBound...]
      if rest.first == "," { rest = rest.dropFirst() }
    }
    if family(of: String(match.name)) == nil { bad(line, "a sample of no family") }
    let key = match.labels.map { "\(match.name){\($0)}" } ?? String(match.name)
    if samples.updateValue(value, forKey: key) != nil { bad(line, "a second sample of this name") }
  }

  /// The family that a sample of that name belongs to: a histogram's has several names.
  private func family(of name: String) -> String? {
    if types[name] != nil { return name }
    return ["_bucket", "_sum", "_count"].lazy.filter { name.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
      .first { types[$0] == "histogram" }
  }

  private func bad(_ line: Substring, _ why: String) { Issue.record("\(why): \(line)") }

  /// The counters, histograms' parts included, that are lower than they were, or gone.
  func fallen(since earlier: Exposition) -> [String] {
    earlier.samples.filter { sample, value in
      guard let family = earlier.family(of: String(sample.prefix { $0 != "{" })) else { return false }
      return earlier.types[family] != "gauge" && (samples[sample] ?? -1) < value
    }.map(\.key)
  }
}
