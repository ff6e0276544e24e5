package import JSON

/// Any JSON value: what a task of any type ends with, or an answer's body that nobody has given a type yet.
public struct AnyJSON: Sendable, Equatable {
  package let value: JSONValue

  package init(_ value: JSONValue) { self.value = value }

  /// - Throws: `EncodingError` for what JSON cannot say, such as infinity.
  public init(encoding value: some Encodable) throws { self.init(try JSONValue.encoding(value)) }

  /// - Throws: `TaskFailure.Code.badArguments`, naming the byte at which the text stops being JSON (RFC 8259).
  public init(parsing text: String) throws {
    do { self.init(try JSONValue.parse(text)) } catch {
      throw TaskFailure(.badArguments, "the text is not JSON: \(error)")
    }
  }

  /// - Throws: `DecodingError`, with the coding path of what does not fit.
  public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value { try value.decode(type) }

  /// A member of an object; nil when there is none, or this is no object.
  public subscript(name: String) -> AnyJSON? { value[name].map(AnyJSON.init) }

  /// What a JSON pointer (RFC 6901), such as `/items/0/price`, points at.
  public func at(pointer: String) -> AnyJSON? { value.at(pointer: pointer).map(AnyJSON.init) }

  /// Each of these is nil when the value is of another kind.
  public var string: String? { value.string }
  public var int: Int? { value.int }
  public var double: Double? { value.double }
  public var bool: Bool? { value.bool }
  public var elements: [AnyJSON]? { value.elements.map { $0.map(AnyJSON.init) } }
  public var isNull: Bool { value.isNull }

  /// The value as it was written.
  public var text: String { value.text }
}

extension AnyJSON: Codable {
  public init(from decoder: any Decoder) throws { self.init(try JSONValue(from: decoder)) }
  public func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
