import Clockwork
import JSON

/// Where a batch's callback stands.
enum CallbackState: Equatable, Sendable {
  /// So many calls were made, and the last of them failed so.
  case pending(calls: Int, error: String?)
  case ended(CallbackEnd)

  var isPending: Bool { if case .pending = self { true } else { false } }

  /// As the journal has it; nil for what no coordinator wrote.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard let json = try? JSONValue.parse(bytes), let calls = json["calls"]?.int else { return nil }
    let error = json["error"]?.string
    if json["pending"]?.bool == true {
      self = .pending(calls: calls, error: error)
    } else if let at = json["at_ms"]?.int {
      self = .ended(CallbackEnd(at: Timestamp(milliseconds: Int64(at)), calls: calls, error: error))
    } else {
      return nil
    }
  }

  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      switch self {
      case .pending(let calls, let error):
        $0.member("pending", true)
        $0.member("calls", calls)
        $0.member("error", ifPresent: error)
      case .ended(let end):
        $0.member("at_ms", end.at.milliseconds)
        $0.member("calls", end.calls)
        $0.member("error", ifPresent: end.error)
      }
    }
    return writer.bytes
  }

  /// Into `GET /batches/{id}`.
  func write(into writer: inout JSONWriter) {
    switch self {
    case .pending(let calls, let error):
      writer.member("state", "pending")
      writer.member("attempts", calls)
      writer.member("error", ifPresent: error)
    case .ended(let end):
      writer.member("state", end.error == nil ? "delivered" : "failed")
      writer.member("attempts", end.calls)
      writer.member("ended_at", end.at.rfc3339)
      writer.member("error", ifPresent: end.error)
    }
  }
}

/// What became of a callback.
struct CallbackEnd: Equatable, Sendable {
  let at: Timestamp
  /// Calls made, by this coordinator and, as far as it knows, those before it.
  let calls: Int
  /// Why it was given up; nil for one that was delivered.
  let error: String?
}
