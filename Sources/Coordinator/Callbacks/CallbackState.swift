import Clockwork
import JSON

/// Where a batch's callback stands.
enum CallbackState: Equatable, Sendable {
  /// So many calls were made, and the last of them failed so.
  case pending(calls: Int, error: String?)
  case ended(CallbackEnd)

  var isPending: Bool { if case .pending = self { true } else { false } }

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

/// What became of a callback, as the journal keeps it.
struct CallbackEnd: Equatable, Sendable {
  let at: Timestamp
  /// Calls made, by this coordinator and, as far as it knows, those before it.
  let calls: Int
  /// Why it was given up; nil for one that was delivered.
  let error: String?

  init(at: Timestamp, calls: Int, error: String?) { (self.at, self.calls, self.error) = (at, calls, error) }

  /// Nil for what no coordinator wrote.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard let json = try? JSONValue.parse(bytes), let at = json["at_ms"]?.int, let calls = json["calls"]?.int else {
      return nil
    }
    self.init(at: Timestamp(milliseconds: Int64(at)), calls: calls, error: json["error"]?.string)
  }

  var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("at_ms", at.milliseconds)
      $0.member("calls", calls)
      $0.member("error", ifPresent: error)
    }
    return writer.bytes
  }
}
