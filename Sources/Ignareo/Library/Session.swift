internal import HTTP
internal import JSON
internal import Net

/// Requests with cookies of their own, as one visitor makes them, over connections that are kept alive.
///
/// It belongs to the task that asked its context for it. Every call throws `TaskFailure` with one of the codes `dns`,
/// `connect`, `tls`, `timeout`, `tooLarge` and `badArguments`, whose message names the host, and `CancellationError`
/// when the task is cancelled, which ends the transfer. A status is never an error: look at `Response.status`.
public final class Session: Sendable {
  /// What a request carries.
  public enum Body: Sendable {
    case none
    case bytes([UInt8])
    case text(String)
    /// Percent-encoded, with its media type.
    case form([(name: String, value: String)])
  }

  /// The largest body of an answer, in bytes; more is `tooLarge`.
  public static let maxBodyBytes = 64 << 20

  private let runner: LoopRunner
  private let cookies = CookieJar()

  init(runner: LoopRunner) { self.runner = runner }

  /// One request of any kind. Redirects are followed, up to ten.
  ///
  /// - Parameter timeout: from the call to the last byte; nil takes 60 seconds.
  public func request(
    _ method: String, _ url: String, headers: [String: String] = [:], body: Body = .none, timeout: Duration? = nil
  ) async throws -> Response {
    var request = HTTPClientRequest(url, method: method)
    for (name, value) in headers { request.headers.add(name, value) }
    switch body {
    case .none: break
    case .bytes(let bytes): request.body = .bytes(bytes)
    case .text(let text): request.body = .bytes(Array(text.utf8))
    case .form(let pairs):
      request.body = .bytes(FormBody.bytes(pairs.map { ($0.name, $0.value) }))
      Self.set("content-type", "application/x-www-form-urlencoded", unlessIn: &request)
    }
    if let timeout { request.timeout = timeout }
    return try await send(request)
  }

  /// A request whose body is a value as JSON.
  public func request(
    _ method: String, _ url: String, headers: [String: String] = [:], json: some Encodable & Sendable,
    timeout: Duration? = nil
  ) async throws -> Response {
    var headers = headers
    if !headers.keys.contains(where: { $0.lowercased() == "content-type" }) {
      headers["content-type"] = "application/json"
    }
    let bytes = Array(try CodableArguments.encode(json).bytes)
    return try await request(method, url, headers: headers, body: .bytes(bytes), timeout: timeout)
  }

  private func send(_ request: consuming HTTPClientRequest) async throws -> Response {
    request.cookies = cookies
    request.acceptsCompression = !request.headers.contains("accept-encoding")
    request.maxBodyBytes = Self.maxBodyBytes
    do throws(HTTPClientError) { return Response(try await runner.client.fetch(request)) } catch {
      guard let failure = TaskFailure(error) else { throw CancellationError() }
      throw failure
    }
  }

  private static func set(_ name: String, _ value: String, unlessIn request: inout HTTPClientRequest) {
    if !request.headers.contains(name) { request.headers.add(name, value) }
  }
}

// MARK: The methods by name

extension Session {
  public func get(_ url: String, headers: [String: String] = [:], timeout: Duration? = nil) async throws -> Response {
    try await request("GET", url, headers: headers, timeout: timeout)
  }

  public func head(_ url: String, headers: [String: String] = [:], timeout: Duration? = nil) async throws -> Response {
    try await request("HEAD", url, headers: headers, timeout: timeout)
  }

  public func delete(
    _ url: String, headers: [String: String] = [:], timeout: Duration? = nil
  ) async throws -> Response {
    try await request("DELETE", url, headers: headers, timeout: timeout)
  }

  public func post(
    _ url: String, headers: [String: String] = [:], body: Body = .none, timeout: Duration? = nil
  ) async throws -> Response {
    try await request("POST", url, headers: headers, body: body, timeout: timeout)
  }

  public func post(
    _ url: String, headers: [String: String] = [:], json: some Encodable & Sendable, timeout: Duration? = nil
  ) async throws -> Response {
    try await request("POST", url, headers: headers, json: json, timeout: timeout)
  }

  public func put(
    _ url: String, headers: [String: String] = [:], body: Body = .none, timeout: Duration? = nil
  ) async throws -> Response {
    try await request("PUT", url, headers: headers, body: body, timeout: timeout)
  }

  public func put(
    _ url: String, headers: [String: String] = [:], json: some Encodable & Sendable, timeout: Duration? = nil
  ) async throws -> Response {
    try await request("PUT", url, headers: headers, json: json, timeout: timeout)
  }

  public func patch(
    _ url: String, headers: [String: String] = [:], json: some Encodable & Sendable, timeout: Duration? = nil
  ) async throws -> Response {
    try await request("PATCH", url, headers: headers, json: json, timeout: timeout)
  }
}
