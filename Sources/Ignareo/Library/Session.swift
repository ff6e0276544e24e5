internal import HTTP
internal import JSON
internal import Loop
internal import Net

/// Requests with cookies of their own, as one visitor makes them, over connections that are kept alive.
///
///     let session = context.session(Session.Options(baseURL: "https://shop.example/api"))
///     try await session.post("/login", body: .form([("user", "ann"), ("password", secret)])).checked()
///     let items = try await session.get("/items", query: [("page", "2")]).checked().json(as: [Item].self)
///
/// It belongs to the loop of the task that asked its context for it; that task's children may use it, too. Every
/// request throws `TaskFailure` with one of the codes `dns`, `connect`, `lost`, `tls`, `timeout`, `tooLarge`,
/// `httpStatus` (too many redirects) and `badArguments`, whose message names the host, and `CancellationError` when the
/// task is cancelled, which ends the transfer. A status is never an error: see `Response.checked`.
// Guarded by: the loop's thread; each entry that touches a variable asserts it.
public final class Session: @unchecked Sendable {
  /// What a request carries.
  public enum Body: Sendable {
    case none
    case bytes([UInt8])
    case text(String)
    /// Percent-encoded, with its media type.
    case form([(name: String, value: String)])
  }

  let jar = CookieJar()
  private let shared: TaskRun.Shared
  private var current: Options

  init(_ shared: TaskRun.Shared, _ options: Options) { (self.shared, current) = (shared, options) }

  var runner: LoopRunner { shared.runner }

  /// What all requests from now on have in common: a login may add a header.
  public var options: Options {
    get {
      runner.loop.assertCurrent()
      return current
    }
    set {
      runner.loop.assertCurrent()
      current = newValue
    }
  }

  /// One request of any kind.
  ///
  /// - Parameters:
  ///   - method: any that HTTP can carry.
  ///   - url: a whole one, or what is appended to the session's base URL.
  ///   - query: added to the URL's own, percent-encoded.
  ///   - headers: each takes the place of the session's header of the same name. `Content-Length`,
  ///     `Transfer-Encoding` and `Connection` are the client's own.
  ///   - timeout: from the call to the last byte, redirects included; nil takes the session's.
  ///   - followsRedirects: nil takes the session's.
  public func request(
    _ method: String, _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    body: Body = .none, timeout: Duration? = nil, followsRedirects: Bool? = nil
  ) async throws -> Response {
    let transfer = try transfer(method, url, query, headers, Content(body), timeout, followsRedirects)
    await runner.client.end(of: transfer)
    return try response(transfer, method)
  }

  /// One request of any kind whose body is a value as JSON, with its media type.
  public func request(
    _ method: String, _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    json: some Encodable & Sendable, timeout: Duration? = nil, followsRedirects: Bool? = nil
  ) async throws -> Response {
    let transfer = try transfer(method, url, query, headers, Content(json: json), timeout, followsRedirects)
    await runner.client.end(of: transfer)
    return try response(transfer, method)
  }

  // Neither this nor `response` is to be inlined: the frames of a task that waits would hold what they work with.
  @inline(never)
  private func transfer(
    _ method: String, _ url: String, _ query: [(name: String, value: String)], _ headers: [String: String],
    _ content: Content?, _ timeout: Duration?, _ followsRedirects: Bool?
  ) throws(TaskFailure) -> HTTPTransfer {
    runner.client.transfer(for: try request(method, url, query, headers, content, timeout, followsRedirects))
  }

  private func request(
    _ method: String, _ url: String, _ query: [(name: String, value: String)], _ headers: [String: String],
    _ content: Content?, _ timeout: Duration?, _ followsRedirects: Bool?
  ) throws(TaskFailure) -> HTTPClientRequest {
    let options = options
    var request = HTTPClientRequest(try options.url(url, query), method: method)
    request.headers = try options.fields(headers)
    options.apply(to: &request)
    if let timeout { request.timeout = timeout }
    if let followsRedirects { request.followsRedirects = followsRedirects }
    // Who asks for a coding in his own words gets what the server sends.
    request.acceptsCompression = !request.headers.contains("accept-encoding")
    if let content {
      request.body = .bytes(content.bytes)
      if let type = content.mediaType, !request.headers.contains("content-type") {
        request.headers.add("content-type", type)
      }
    }
    request.cookies = jar
    request.isIdempotent = shared.saysRepeatable
    return request
  }

  @inline(never)
  private func response(_ transfer: HTTPTransfer, _ method: String) throws -> Response {
    do throws(HTTPClientError) {
      let response = Response(try transfer.answer())
      noteEffect(of: method)
      return response
    } catch {
      if !error.surelyNoEffect { noteEffect(of: method) }
      guard let failure = TaskFailure(error) else { throw CancellationError() }
      throw failure
    }
  }

  private func noteEffect(of method: String) {
    guard !shared.hasActed else { return }
    shared.hasActed = !HTTPMethod.isSafe(method)
  }
}

/// A body as bytes, and its media type where that goes without saying.
private struct Content {
  let bytes: [UInt8]
  var mediaType: String?

  init?(_ body: Session.Body) {
    switch body {
    case .none: return nil
    case .bytes(let bytes): self.bytes = bytes
    case .text(let text): bytes = Array(text.utf8)
    case .form(let pairs):
      bytes = FormBody.bytes(pairs.map { ($0.name, $0.value) })
      mediaType = "application/x-www-form-urlencoded"
    }
  }

  init(json: some Encodable & Sendable) throws {
    bytes = Array(try CodableArguments.encode(json).bytes)
    mediaType = "application/json"
  }
}
