import JSON

/// One use of an item. Uses of an item are counted, so that whoever reads several logs knows the latest.
package struct ItemUse: Sendable, Equatable {
  package var item: UInt32
  /// From 1; 0 for an item that is lent and put back: such uses are not counted.
  package var use: UInt16
  /// Tasks before this one that took it and failed without effect.
  package var failures: UInt8

  package init(item: UInt32, use: UInt16 = 0, failures: UInt8 = 0) {
    (self.item, self.use, self.failures) = (item, use, failures)
  }

  /// Stands where the record of what was taken is lost.
  package static let none = ItemUse(item: .max)

  static let byteCount = 7

  init(_ reader: inout RecordReader) {
    (item, use, failures) = (reader.uint32(), reader.uint16(), reader.uint8())
  }

  func write(into writer: inout RecordWriter) {
    writer.uint32(item)
    writer.uint16(use)
    writer.uint8(failures)
  }
}

/// What becomes of the items that a task took when it has its result. At most two bits.
package enum ItemsEnd: UInt8, Sendable {
  /// The task may have acted: they are used up.
  case used
  /// The task was never begun: they go back.
  case unsent
  /// The task failed and surely had no effect: they go back, a bounded number of times.
  case failed

  /// Codes that say that the world outside never saw the task. Others come of the task itself, such as bad arguments:
  /// the same items would only fail again.
  private static let outside: Set<ErrorCode> = [.connect, .dns, .tls, .rejected, .lost, .unknownTask]

  package init(_ end: TaskEnd) {
    guard !end.mayHaveActed else {
      self = .used
      return
    }
    switch (end.status, end.detail) {
    case (.cancelled, _): self = .unsent
    case (.error, .failure(let code, _)): self = Self.outside.contains(code) ? .failed : .used
    case (.error, .error(let json)):
      let code = JSONValue(trusted: json)["code"]?.string.flatMap { ErrorCode(rawValue: $0) }
      self = code.map(Self.outside.contains) == true ? .failed : .used
    default: self = .used
    }
  }
}

/// A use of an item that is over.
package struct ItemSettlement: Sendable, Equatable {
  package var use: ItemUse
  package var end: ItemsEnd

  package init(_ use: ItemUse, _ end: ItemsEnd) { (self.use, self.end) = (use, end) }

  static let byteCount = ItemUse.byteCount + 1

  init(_ reader: inout RecordReader) {
    use = ItemUse(&reader)
    end = ItemsEnd(rawValue: reader.uint8()) ?? .used
  }

  func write(into writer: inout RecordWriter) {
    use.write(into: &writer)
    writer.uint8(end.rawValue)
  }
}
