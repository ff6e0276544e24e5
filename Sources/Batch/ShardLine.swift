package import JSON

/// One line of a node's answer to a shard.
package enum ShardLine: Sendable {
  case attempt(AttemptEnd)
  /// What the node says of its load, once a second.
  case load(JSONValue)
  /// The last line: everything was told.
  case end

  /// Nil for a line that is none of these.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard let value = try? JSONValue.parse(bytes), value.kind == .object else { return nil }
    var reading = Reading()
    value.forEachMember { key, value in reading.take(key, value) }
    if let load = reading.load {
      self = .load(load)
    } else if reading.isEnd {
      self = .end
    } else if let end = reading.attempt {
      self = .attempt(end)
    } else {
      return nil
    }
  }

  private struct Reading {
    var index: Int?
    var status: JSONValue?
    var value: JSONValue?
    var error: JSONValue?
    var effect: Bool?
    var startedMilliseconds = 0.0
    var durationMilliseconds = 0.0
    var load: JSONValue?
    var isEnd = false

    mutating func take(_ key: JSONKey, _ value: JSONValue) {
      switch key {
      case "index": index = value.int
      case "status": status = value
      case "value": self.value = value
      case "error": error = value
      case "effect": effect = value.bool
      case "started_ms": startedMilliseconds = value.double ?? 0
      case "duration_ms": durationMilliseconds = value.double ?? 0
      case "load": load = value
      case "end": isEnd = value.bool == true
      default: break
      }
    }

    var attempt: AttemptEnd? {
      guard let index, index >= 0, let outcome else { return nil }
      return AttemptEnd(
        index: index, outcome: outcome, startedMilliseconds: startedMilliseconds,
        durationMilliseconds: durationMilliseconds)
    }

    private var outcome: AttemptEnd.Outcome? {
      guard let status else { return nil }
      if status.isString("ok") { return .ok((value ?? .null).bytes) }
      if status.isString("cancelled") { return .cancelled(mayHaveActed: effect ?? error?["effect"]?.bool ?? true) }
      guard status.isString("error"), let error, error.kind == .object else { return nil }
      return .error(AttemptError(reading: error, effect: effect))
    }
  }
}

extension AttemptError {
  /// From a node's error object: users see all of it but `effect`.
  init(reading object: JSONValue, effect: Bool?) {
    var effect = effect
    var code: ErrorCode?
    var isRetryable = false
    var shown = JSONWriter()
    shown.object { writer in
      object.forEachMember { key, value in
        switch key {
        case "effect":
          effect = value.bool
          return
        case "code": code = value.string.flatMap(ErrorCode.init)
        case "retryable": isRetryable = value.bool ?? false
        default: break
        }
        writer.key(key.string)
        writer.value(value)
      }
    }
    self.init(code: code, json: shown.bytes[...], isRetryable: isRetryable, mayHaveActed: effect ?? true)
  }
}
