internal import JSON

/// The way between a user's Codable types and the raw JSON that tasks travel as.
enum CodableArguments {
  /// - Throws: `badArguments` with the pointer of the first part that does not fit.
  static func decode<Arguments: Decodable>(
    _ type: Arguments.Type, from value: JSONValue
  ) throws(TaskFailure) -> Arguments {
    do { return try value.decode(type) } catch let error as DecodingError {
      throw failure(error)
    } catch let failure as TaskFailure {
      throw failure
    } catch {
      throw TaskFailure(.badArguments, "the arguments are refused: \(error)", pointer: "")
    }
  }

  /// - Throws: `internal` for what JSON cannot say.
  static func encode<Value: Encodable>(_ value: Value) throws(TaskFailure) -> JSONValue {
    do { return try JSONValue.encoding(value) } catch {
      throw TaskFailure(.internal, "the value cannot be written as JSON: \(error)", isRetryable: false)
    }
  }

  private static func failure(_ error: DecodingError) -> TaskFailure {
    let (context, missing): (DecodingError.Context, String?) =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): (context, nil)
      case .keyNotFound(let key, let context): (context, key.stringValue)
      @unknown default: (DecodingError.Context(codingPath: [], debugDescription: "\(error)"), nil)
      }
    let path = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue } + (missing.map { [$0] } ?? [])
    let pointer = JSONPointer(tokens: path).description
    let subject = pointer.isEmpty ? "the arguments" : pointer
    let why = missing == nil ? context.debugDescription : "is missing"
    return TaskFailure(.badArguments, "\(subject)\(missing == nil ? ":" : "") \(why)", pointer: pointer)
  }
}
