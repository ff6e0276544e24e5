import Clockwork
import Glibc
import Gossip
import JSON
import Simulation

extension SimulateCommand {
  private static let fileBytes = 1 << 20

  /// What precedes a line `----` in a file, and the record that follows it, if one does.
  static func read(
    _ path: String, _ flags: ScannedFlags
  ) throws(UsageError) -> (scenario: Scenario, record: [String]?) {
    let text = String(decoding: try bytes(path, flags), as: UTF8.self)
    let all = text.split(separator: "\n", omittingEmptySubsequences: false)
    let lines = all.prefix { $0 != "----" }
    let record = lines.count < all.count ? all[(lines.count + 1)...].filter { !$0.isEmpty }.map(String.init) : nil
    do throws(ScenarioError) {
      var scenario = try Scenario(name: path, text: lines.joined(separator: "\n"))
      scenario.origin = .file(path)
      return (scenario, record)
    } catch {
      throw flags.error("scenario", "'\(Table.printable(path))', \(error)")
    }
  }

  static func readBatches(_ path: String, _ flags: ScannedFlags) throws(UsageError) -> BatchScenario {
    let text = String(decoding: try bytes(path, flags), as: UTF8.self)
    do throws(ScenarioError) {
      return try BatchScenario(name: path, text: text)
    } catch {
      throw flags.error("scenario", "'\(Table.printable(path))', \(error)")
    }
  }

  private static func bytes(_ path: String, _ flags: ScannedFlags) throws(UsageError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    var failure = errno
    defer { if descriptor >= 0 { close(descriptor) } }
    var bytes: [UInt8] = []
    while descriptor >= 0, bytes.count < fileBytes {
      var count = 0
      bytes += [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
        count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        failure = errno
        initialized = max(count, 0)
      }
      if count == 0 { return bytes }
      if count < 0 { break }
    }
    let why = bytes.count >= fileBytes ? "is longer than a scenario can be" : String(cString: strerror(failure))
    throw flags.error("scenario", "'\(Table.printable(path))' cannot be read: \(why)")
  }
}

/// The record that a scenario's file expects of its run.
struct ExpectedRecord {
  let lines: [String]
  let path: String
  /// Nil where the run is the file's own; else why the record is none of it.
  let isOther: String?

  /// The first line that differs, in words for people; nil where none does, or the run is another one.
  func difference(from record: [String]) -> String? {
    guard isOther == nil else { return nil }
    for place in 0..<max(lines.count, record.count) {
      let (wanted, found) = (lines.dropFirst(place).first, record.dropFirst(place).first)
      guard wanted != found else { continue }
      return "line \(place + 1) after ---- of \(Table.printable(path)):\n  expected \(Self.shown(wanted))\n"
        + "  recorded \(Self.shown(found))"
    }
    return nil
  }

  private static func shown(_ line: String?) -> String { line.map(Table.printable) ?? "no more" }
}

/// For programs: one line of JSON.
protocol PrintableReport: SimulationReport {
  func write(into writer: inout JSONWriter)
}

extension PrintableReport {
  var jsonLine: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      write(into: &$0)
      $0.member("passed", passed)
      $0.array("failures") { for failure in failures { $0.string("\(failure.checker): \(failure.text)") } }
      $0.member("digest", String(digest, radix: 16))
      $0.member("repeat", repeatCommand)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}

extension BatchReport: PrintableReport {
  func write(into writer: inout JSONWriter) {
    writer.member("scenario", scenario.name)
    writer.member("seed", seed)
    writer.member("nodes", nodes)
    writer.member("batches", figures.batches)
    writer.member("tasks", figures.tasks)
    writer.member("shards", figures.shards)
    writer.member("attempts", figures.attempts)
    writer.member("results", figures.results)
    writer.member("unknown", figures.unknown)
    writer.member("hedged", figures.hedged)
    writer.member("recoveries", figures.recoveries)
    writer.member("seconds", figures.seconds)
  }
}

extension Report: PrintableReport {
  /// The names are those that `Benchmarks/suite/gossip_scale.py` reads.
  func write(into writer: inout JSONWriter) {
    writer.member("scenario", scenario.name)
    writer.member("seed", seed)
    writer.member("members", members)
    writer.member("datagrams", figures.datagrams)
    writer.member("suspicions", figures.suspicions)
    writer.member("crash_checks", figures.crashChecks)
    writer.object("false_deaths") {
      $0.member("of_healthy_at_healthy", figures.deaths.ofHealthyAtHealthy)
      $0.member("of_healthy_at_afflicted", figures.deaths.ofHealthyAtAfflicted)
      $0.member("of_afflicted", figures.deaths.ofAfflicted)
    }
    writer.object("load") {
      $0.member("seconds", figures.load.seconds)
      $0.member("datagrams", figures.load.datagrams)
      $0.member("busiest_datagrams", figures.load.busiestDatagrams)
      $0.member("datagram_bytes", figures.load.datagramBytes)
      $0.member("stream_bytes", figures.load.streamBytes)
    }
    writer.array("detections") { for spread in figures.detections { spread.write(to: &$0) } }
    writer.array("news") { for spread in figures.news { spread.write(to: &$0) } }
  }
}

extension Figures.Spread {
  fileprivate func write(to writer: inout JSONWriter) {
    writer.object {
      $0.member("observers", observers)
      $0.member("first_s", first.inSeconds)
      $0.member("median_s", median.inSeconds)
      $0.member("last_s", last.inSeconds)
    }
  }
}
