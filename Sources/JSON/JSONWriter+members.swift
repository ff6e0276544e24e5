extension JSONWriter {
  @_disfavoredOverload
  package mutating func member(_ name: String, _ value: String) {
    key(name)
    string(value)
  }

  @_disfavoredOverload
  package mutating func member(_ name: String, _ value: some BinaryInteger & CustomStringConvertible) {
    key(name)
    int(value)
  }

  @_disfavoredOverload
  package mutating func member(_ name: String, _ value: Double) {
    key(name)
    double(value)
  }

  package mutating func member(_ name: String, _ value: Bool) {
    key(name)
    bool(value)
  }

  @_disfavoredOverload
  package mutating func member(_ name: String, _ value: JSONValue) {
    key(name)
    self.value(value)
  }

  package mutating func member(_ name: String, _ values: [String]) {
    key(name)
    array { for value in values { $0.string(value) } }
  }

  /// `value` is one JSON value already.
  @_disfavoredOverload
  package mutating func member(_ name: String, raw value: some Collection<UInt8>) {
    key(name)
    raw(value)
  }

  /// The closure writes exactly one value.
  package mutating func member<Failure: Error>(
    _ name: String, _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    key(name)
    try body(&self)
  }

  /// A member that is an object.
  package mutating func object<Failure: Error>(
    _ name: String, _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    key(name)
    try object(body)
  }

  /// A member that is an array.
  package mutating func array<Failure: Error>(
    _ name: String, _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) {
    key(name)
    try array(body)
  }

  /// No member at all for nil.
  package mutating func member(_ name: String, ifPresent value: String?) {
    if let value { member(name, value) }
  }

  package mutating func member(_ name: String, ifPresent value: Int?) {
    if let value { member(name, value) }
  }

  package mutating func member(_ name: String, ifPresent value: Double?) {
    if let value { member(name, value) }
  }

  package mutating func member(_ name: String, ifPresent value: JSONValue?) {
    if let value { member(name, value) }
  }
}

/// Members with a literal's name and a value that is written often.
extension JSONWriter {
  package mutating func member(_ name: StaticString, _ value: String) {
    key(name)
    string(value)
  }

  package mutating func member(_ name: StaticString, _ value: Int) {
    key(name)
    int(value)
  }

  package mutating func member(_ name: StaticString, _ value: Double) {
    key(name)
    double(value)
  }

  package mutating func member(_ name: StaticString, _ value: JSONValue) {
    key(name)
    self.value(value)
  }

  package mutating func member(_ name: StaticString, raw value: ArraySlice<UInt8>) {
    key(name)
    raw(value)
  }
}

extension JSONValue {
  package static let null = JSONValue(trusted: Array("null".utf8)[...])

  /// The one value that the closure writes.
  package static func writing<Failure: Error>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) -> JSONValue {
    var writer = JSONWriter()
    try body(&writer)
    return JSONValue(trusted: writer.bytes[...])
  }

  package static func object<Failure: Error>(
    _ body: (inout JSONWriter) throws(Failure) -> Void
  ) throws(Failure) -> JSONValue {
    var writer = JSONWriter()
    try writer.object(body)
    return JSONValue(trusted: writer.bytes[...])
  }

  package static func string(_ value: String) -> JSONValue { writing { $0.string(value) } }
  package static func int(_ value: Int) -> JSONValue { writing { $0.int(value) } }
  package static func double(_ value: Double) -> JSONValue { writing { $0.double(value) } }
  package static func bool(_ value: Bool) -> JSONValue { writing { $0.bool(value) } }
}
