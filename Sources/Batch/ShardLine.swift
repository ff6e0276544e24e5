import JSON

/// One line of a node's answer to a shard.
package enum ShardLine: Sendable {
  case attempt(AttemptEnd)
  /// What the node says of its load, once a second: here it says only that the exchange lives, for `GET /status` tells
  /// the load.
  case load
  /// The last line: everything was told.
  case end

  /// A value that a node lets through lies one level deep in its line: deeper ones than a task may give are still read.
  private static let depth = JSONLimits.depth + 8

  /// Nil for a line that is none of these.
  package init?(_ bytes: ArraySlice<UInt8>) {
    if let end = Self.usual(bytes) {
      self = .attempt(end)
      return
    }
    var reading = Reading()
    guard let value = try? JSONValue.parse(bytes, depthLimit: Self.depth, eachMember: { reading.take($0, $1) }),
      value.kind == .object
    else { return nil }
    if reading.isLoad {
      self = .load
    } else if reading.isEnd {
      self = .end
    } else if let end = reading.attempt {
      self = .attempt(end)
    } else {
      return nil
    }
  }

  /// Most lines: how a task ended well, as our nodes write it.
  private static func usual(_ bytes: ArraySlice<UInt8>) -> AttemptEnd? {
    var layout = JSONLayout(bytes)
    guard layout.skip("{\"index\":"), let index = layout.count(), layout.skip(",\"status\":\"ok\",\"value\":"),
      let value = layout.value(depthLimit: depth - 1), layout.skip(",\"started_ms\":"), let started = layout.number(),
      layout.skip(",\"duration_ms\":"), let duration = layout.number(), layout.skip("}"), layout.isAtEnd
    else { return nil }
    return AttemptEnd(
      index: index, outcome: .ok(value.bytes), startedMilliseconds: started, durationMilliseconds: duration)
  }

  /// The index with which a line begins that cannot be read as a whole: a node writes it first.
  package static func index(ofUnreadable line: ArraySlice<UInt8>) -> Int? {
    let prefix = Array("{\"index\":".utf8)
    guard line.starts(with: prefix) else { return nil }
    let digits = line.dropFirst(prefix.count).prefix { (0x30...0x39).contains($0) }
    guard digits.endIndex < line.endIndex, line[digits.endIndex] == UInt8(ascii: ",") else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private struct Reading {
    var index: Int?
    var status: JSONValue?
    var value: JSONValue?
    var error: JSONValue?
    var effect: Bool?
    var startedMilliseconds = 0.0
    var durationMilliseconds = 0.0
    var hasBegun = true
    var isLoad = false
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
      case "begun": hasBegun = value.bool ?? true
      case "load": isLoad = true
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
      return .error(AttemptError(reading: error, effect: effect, hasBegun: hasBegun))
    }
  }
}

extension AttemptError {
  /// From a node's error object: users see all of it but `effect`.
  init(reading object: JSONValue, effect: Bool?, hasBegun: Bool) {
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
    // What is wrong with the task itself is so on every node: it ends here instead of going from one to the next for
    // ever.
    let isOfTask = code == .badArguments || code == .tooLarge
    self.init(
      code: code, json: shown.bytes[...], isRetryable: isRetryable, mayHaveActed: hasBegun && effect ?? true,
      hasBegun: hasBegun || isOfTask)
  }
}
