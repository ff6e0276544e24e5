import Clockwork
import Glibc
import Gossip
import JSON
import Simulation

extension SimulateCommand {
  private static let fileBytes = 1 << 20

  /// What precedes a line `----` in a file of `Tests/Scenarios`.
  static func read(_ path: String, _ flags: ScannedFlags) throws(UsageError) -> Scenario {
    let text = String(decoding: try bytes(path, flags), as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0 != "----" }
    do throws(ScenarioError) {
      var scenario = try Scenario(name: path, text: lines.joined(separator: "\n"))
      scenario.origin = .file(path)
      return scenario
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

extension Report {
  /// For programs; the names are those that `Benchmarks/suite/gossip_scale.py` reads.
  var jsonLine: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("scenario", scenario.name)
      $0.member("seed", seed)
      $0.member("members", members)
      $0.member("passed", passed)
      $0.array("failures") { for failure in failures { $0.string("\(failure.checker): \(failure.text)") } }
      $0.member("digest", String(digest, radix: 16))
      $0.member("datagrams", figures.datagrams)
      $0.member("suspicions", figures.suspicions)
      $0.member("crash_checks", figures.crashChecks)
      $0.object("false_deaths") {
        $0.member("of_healthy_at_healthy", figures.deaths.ofHealthyAtHealthy)
        $0.member("of_healthy_at_afflicted", figures.deaths.ofHealthyAtAfflicted)
        $0.member("of_afflicted", figures.deaths.ofAfflicted)
      }
      $0.object("load") {
        $0.member("seconds", figures.load.seconds)
        $0.member("datagrams", figures.load.datagrams)
        $0.member("busiest_datagrams", figures.load.busiestDatagrams)
        $0.member("datagram_bytes", figures.load.datagramBytes)
        $0.member("stream_bytes", figures.load.streamBytes)
      }
      $0.array("detections") { for spread in figures.detections { spread.write(to: &$0) } }
      $0.array("news") { for spread in figures.news { spread.write(to: &$0) } }
      $0.member("repeat", repeatCommand)
    }
    return writer.bytes + [UInt8(ascii: "\n")]
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
