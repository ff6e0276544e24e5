import Loop
import Testing

@Suite(.serialized) struct LogTests {
  private func lines(_ format: Log.Format, _ body: (Log) -> Void) -> String {
    body(Log(level: .info, format: format) { line in Self.kept.withLock { $0 += line } })
    return Self.kept.withLock { kept in
      defer { kept = [] }
      return String(decoding: kept, as: UTF8.self)
    }
  }

  @Test("a process that has a name says it first in every line")
  func processName() {
    let log = Log(level: .info, format: .text, process: "n 1") { line in Self.kept.withLock { $0 += line } }
    log.info("ready", ["port": "1"])
    let text = Self.kept.withLock { kept in
      defer { kept = [] }
      return String(decoding: kept, as: UTF8.self)
    }
    #expect(text.hasSuffix(#" info ready process="n 1" port=1"# + "\n"))
  }

  private static let kept = Lock<[UInt8]>([])

  @Test("an event is one line whatever its fields hold, and debug is left out")
  func oneLine() {
    let text = lines(.text) {
      $0.debug("unseen")
      $0.info("member_joined", ["name": "n 2", "cause": "a\nb\"", "port": "1"])
    }
    #expect(text.hasSuffix(#" info member_joined name="n 2" cause="a\nb\"" port=1"# + "\n"))
    let json = lines(.json) { $0.warning("slow", ["lag": "5\u{1}"]) }
    #expect(json.hasSuffix(#"","level":"warning","event":"slow","lag":"5\u0001"}"# + "\n"))
    #expect(json.hasPrefix(#"{"time":""#))
    let measured = lines(.json) {
      $0.info("x", ["timeout_s": "30.0", "lag_ms": "7", "held_bytes": "many", "name_s": "007", "port": "1"])
    }
    let fields = #""timeout_s":30.0,"lag_ms":7,"held_bytes":"many","name_s":"007","port":"1"}"#
    #expect(measured.hasSuffix(fields + "\n"), "\(measured)")
  }
}
