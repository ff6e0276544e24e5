internal import HTTP
internal import JSON
internal import Net

/// A whole answer.
public struct Response: Sendable {
  public let status: Int
  /// Where the answer came from: after redirects not what was asked for.
  public let url: String
  public let body: [UInt8]
  private let fields: HTTPHeaders

  init(_ response: HTTPClientResponse) {
    (status, url, body, fields) = (response.status, response.url, response.body, response.headers)
  }

  /// The fields in the order in which they came.
  public var headers: [(name: String, value: String)] { fields.all }

  /// The value of a field, whatever the case of its name; its values joined by ", " where it came several times.
  public func header(_ name: String) -> String? { fields[name] }

  /// The body as UTF-8; what is not is replaced by U+FFFD.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// - Throws: `TaskFailure.Code.assertion` when the body is not JSON.
  public func json() throws -> AnyJSON {
    do { return AnyJSON(try JSONValue.parse(body)) } catch {
      throw TaskFailure(.assertion, "\(url) answered \(status) with a body that is not JSON: \(error)")
    }
  }

  /// - Throws: `TaskFailure.Code.assertion` when the body is not JSON, or not of this shape.
  public func json<Value: Decodable>(as type: Value.Type) throws -> Value {
    do { return try json().decode(as: type) } catch let error as DecodingError {
      throw TaskFailure(.assertion, "\(url) answered \(status) with JSON of another shape: \(error)")
    }
  }
}
