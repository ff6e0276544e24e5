internal import HTTP
internal import JSON
internal import Net

/// A whole answer.
public struct Response: Sendable {
  public let status: Int
  /// Where the answer came from: after redirects not what was asked for.
  public let url: String
  /// `1.0`, `1.1` or `2`.
  public let httpVersion: String
  public let body: [UInt8]
  private let fields: HTTPHeaders

  init(_ response: HTTPClientResponse) {
    (status, url, body, fields) = (response.status, response.url, response.body, response.headers)
    httpVersion = response.httpVersion
  }

  /// The fields in the order in which they came.
  public var headers: [(name: String, value: String)] { fields.all }

  /// The value of a field, whatever the case of its name; its values joined by ", " where it came several times.
  public func header(_ name: String) -> String? { fields[name] }

  /// Whether the status says that it went well, or elsewhere: below 400.
  public var isOK: Bool { status < 400 }

  /// This answer, if it is one of success.
  ///
  /// - Throws: `TaskFailure.Code.httpStatus` when the status is 400 or more; it may be retried when the server is only
  ///   busy or out of order (408, 425, 429, 500, 502, 503, 504).
  @discardableResult
  public func checked() throws -> Response {
    guard !isOK else { return self }
    throw TaskFailure(.httpStatus, "\(place) answered \(status)", isRetryable: HTTPRetry.isWorthwhile(status))
  }

  /// The body as UTF-8; what is not is replaced by U+FFFD.
  public var text: String { String(decoding: body, as: UTF8.self) }

  /// - Throws: `TaskFailure.Code.assertion` when the body is not JSON.
  public func json() throws -> AnyJSON {
    do { return AnyJSON(try JSONValue.parse(body)) } catch {
      throw TaskFailure(.assertion, "\(place) answered \(status) with a body that is not JSON: \(error)")
    }
  }

  /// - Throws: `TaskFailure.Code.assertion` when the body is not JSON, or not of this shape.
  public func json<Value: Decodable>(as type: Value.Type) throws -> Value {
    do { return try json().decode(as: type) } catch let error as DecodingError {
      throw TaskFailure(.assertion, "\(place) answered \(status) with JSON of another shape: \(error)")
    }
  }

  /// The URL for messages: in front of an `@` may be a password, and a token behind a `?`.
  private var place: String {
    let bare = url.prefix { $0 != "?" && $0 != "#" }
    guard let slashes = bare.firstRange(of: "://") else { return String(bare) }
    let rest = bare[slashes.upperBound...]
    let host = rest.prefix { $0 != "/" }
    guard let at = host.lastIndex(of: "@") else { return String(bare) }
    return String(bare[..<slashes.upperBound] + rest[rest.index(after: at)...])
  }
}
