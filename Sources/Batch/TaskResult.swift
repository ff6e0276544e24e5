package import JSON

/// A task's result as its submitter reads it: a line of NDJSON.
package enum TaskResult {
  /// Appends the line, its line break included. `seq` counts a batch's results from 1; `id` is a JSON string.
  package static func write(_ end: TaskEnd, seq: Int, id: ArraySlice<UInt8>?, into bytes: inout [UInt8]) {
    var writer = JSONWriter(appendingTo: exchange(&bytes, with: []))
    writer.object {
      $0.member("seq", seq)
      $0.member("index", end.index)
      if let id, !id.isEmpty { $0.member("id", raw: id) }
      $0.member("status", end.status.name)
      writeDetail(end.detail, into: &$0)
      $0.member("node", ifPresent: end.node)
      $0.member("attempts", end.attempts)
      $0.member("queued_ms", rounded(end.queuedMilliseconds))
      $0.member("duration_ms", rounded(end.durationMilliseconds))
    }
    writer.endLine()
    bytes = writer.bytes
  }

  /// The object of an error that the coordinator itself found.
  package static func writeError(_ code: ErrorCode, _ message: String, into writer: inout JSONWriter) {
    writer.object {
      $0.member("code", code.rawValue)
      $0.member("message", message)
      $0.member("retryable", false)
    }
  }

  static func error(_ code: ErrorCode, _ message: String) -> ArraySlice<UInt8> {
    var writer = JSONWriter()
    writeError(code, message, into: &writer)
    return writer.bytes[...]
  }

  /// To microseconds: a clock tells no more.
  package static func rounded(_ milliseconds: Double) -> Double {
    milliseconds.isFinite ? (max(0, milliseconds) * 1_000).rounded() / 1_000 : 0
  }

  private static func writeDetail(_ detail: TaskEnd.Detail, into writer: inout JSONWriter) {
    switch detail {
    case .none: break
    case .value(let bytes): writer.member("value", raw: bytes)
    case .error(let bytes): writer.member("error", raw: bytes)
    case .failure(let code, let message): writer.member("error") { writeError(code, message, into: &$0) }
    }
  }

  private static func exchange(_ bytes: inout [UInt8], with other: [UInt8]) -> [UInt8] {
    let old = bytes
    bytes = other
    return old
  }
}
