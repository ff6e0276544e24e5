import Batch
import Clockwork
import JSON
import Testing

@Suite struct RecordTests {
  @Test("a result is a line of NDJSON in the contract's order")
  func resultLine() throws {
    var driver = Driver()
    driver.node("n2")
    let id = driver.batch(of: 2, repeatable: false)
    let shard = driver.open[0]
    driver.now += .microseconds(1_500)
    driver.take(
      .attempts(
        shard.id,
        [
          AttemptEnd(
            index: 0, outcome: .ok(Array(#"{"a":1}"#.utf8)[...]), startedMilliseconds: 3.1,
            durationMilliseconds: 18.40004)
        ]))
    driver.end(shard, .broken)
    var bytes = Array("x\n".utf8)
    TaskResult.write(try #require(driver.ends[id]?[0]?[0]), seq: 1, id: Array(#""mine-7""#.utf8)[...], into: &bytes)
    TaskResult.write(try #require(driver.ends[id]?[1]?[0]), seq: 2, id: nil, into: &bytes)
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    #expect(
      lines[1]
        == #"{"seq":1,"index":0,"id":"mine-7","status":"ok","value":{"a":1},"node":"n2","#
        + #""attempts":1,"queued_ms":3.1,"duration_ms":18.4}"#
    )
    #expect(lines[2].hasPrefix(#"{"seq":2,"index":1,"status":"unknown","error":{"code":"lost","message":"#))
  }

  @Test("a node's lines are attempts, loads and the end, and anything else is nothing")
  func shardLines() throws {
    func line(_ text: String) -> ShardLine? { ShardLine(Array(text.utf8)[...]) }
    guard case .attempt(let ok)? = line(#"{"index":7,"status":"ok","value":[1],"started_ms":2,"duration_ms":18.4}"#)
    else {
      Issue.record("no attempt")
      return
    }
    #expect(ok.index == 7 && ok.startedMilliseconds == 2 && ok.durationMilliseconds == 18.4)
    let failure = #"{"index":8,"status":"error","error":{"code":"dns","message":"m","retryable":true,"effect":false}}"#
    guard case .attempt(let end)? = line(failure), case .error(let error) = end.outcome else {
      Issue.record("no error")
      return
    }
    #expect(error.code == .dns && error.isRetryable && !error.mayHaveActed)
    #expect(String(decoding: error.json, as: UTF8.self) == #"{"code":"dns","message":"m","retryable":true}"#)
    guard case .load? = line(#"{"load":{"capacity":4}}"#) else {
      Issue.record("no load")
      return
    }
    let refused = #"{"index":8,"status":"error","error":{"code":"unknown_task","message":"m"},"begun":false}"#
    guard case .attempt(let end)? = line(refused), case .error(let error) = end.outcome else {
      Issue.record("no refusal")
      return
    }
    #expect(!error.hasBegun && !error.mayHaveActed)
    let deep = String(repeating: "[", count: JSONLimits.depth) + String(repeating: "]", count: JSONLimits.depth)
    guard case .attempt? = line(#"{"index":8,"status":"ok","value":\#(deep)}"#) else {
      Issue.record("a value as deep as a task may give cannot be read")
      return
    }
    #expect(ShardLine.index(ofUnreadable: Array(#"{"index":12,"sta"#.utf8)[...]) == 12)
    for bad in ["", "{", #"{"index":"#, #"{"index":12"#, #"{"index":-1,"#, #"{"index":99999999999999999999,"#] {
      #expect(ShardLine.index(ofUnreadable: Array(bad.utf8)[...]) == nil, "\(bad)")
    }
    guard case .end? = line(#"{"end":true}"#) else {
      Issue.record("no end")
      return
    }
    for bad in [
      "", "{", "[]", "{}", #"{"index":-1,"status":"ok"}"#, #"{"index":1}"#, #"{"index":1,"status":"odd"}"#,
      #"{"index":1,"status":"error"}"#, #"{"end":false}"#,
    ] { #expect(line(bad) == nil, "\(bad)") }
  }

  @Test("a line means the same however its writer sets it, and no garbage passes where the usual line is read")
  func usualLine() {
    func end(_ text: String) -> AttemptEnd? {
      if case .attempt(let end)? = ShardLine(Array(text.utf8)[...]) { end } else { nil }
    }
    let usual = #"{"index":7,"status":"ok","value":{"a":"b"},"started_ms":2.5,"duration_ms":18.4}"#
    let others = [
      usual, #" {"index": 7,"status":"ok","value":{"a":"b"},"started_ms":2.5,"duration_ms":18.4}"#,
      #"{"status":"ok","index":7,"duration_ms":18.4,"value":{"a":"b"},"started_ms":2.5}"#,
      #"{"index":7,"status":"ok","value":{"a":"b"},"started_ms":2.5,"duration_ms":18.4,"new":1}"#,
      #"{"index":6,"status":"ok","value":{"a":"b"},"started_ms":2.5,"duration_ms":18.4,"index":7}"#,
    ]
    for text in others {
      let end = end(text)
      #expect(end?.index == 7 && end?.startedMilliseconds == 2.5 && end?.durationMilliseconds == 18.4, "\(text)")
      guard case .ok(let value)? = end?.outcome else {
        Issue.record("no value in \(text)")
        continue
      }
      #expect(String(decoding: value, as: UTF8.self) == #"{"a":"b"}"#, "\(text)")
    }
    for place in usual.indices { #expect(end(String(usual[..<place])) == nil) }
    for bad in ["\(usual)}", usual.replacing("18.4", with: "x"), usual.replacing(#""b"}"#, with: #""b"]"#)] {
      #expect(end(bad) == nil, "\(bad)")
    }
  }

  @Test("quantiles are within one percent, and histograms of parts add up to that of the whole")
  func histogram() throws {
    var generator = SplitMix64(seed: 5)
    var (whole, first, second) = (Histogram(), Histogram(), Histogram())
    var values: [UInt64] = []
    for place in 0..<20_000 {
      let value = UInt64.random(in: 0...(1 << UInt64.random(in: 0...40, using: &generator)), using: &generator)
      values.append(value)
      whole.record(value)
      if place % 3 == 0 { first.record(value) } else { second.record(value) }
    }
    first.merge(second)
    #expect(first == whole)
    values.sort()
    for part in [0.01, 0.5, 0.9, 0.99, 0.999, 1] {
      let exact = Double(values[max(0, Int((part * 20_000).rounded(.up)) - 1)])
      let found = Double(try #require(whole.quantile(part)))
      #expect(abs(found - exact) <= max(0.01 * exact, 0.5), "\(part): \(found) for \(exact)")
    }
    #expect(whole.maximum == values.last)
    #expect(Histogram().quantile(0.5) == nil)
    var extreme = Histogram()
    extreme.record(.max)
    #expect(extreme.quantile(0.5) == .max)
  }
}
