import Clockwork
import Gossip
import HTTP
import JSON
import Loop
import Net

/// A client command's way to the coordinator.
struct ClusterClient: Sendable {
  /// How long a plain question may take; a batch that is being written to disk takes its time.
  static let answerTimeout = Duration.seconds(60)

  let loop: EventLoop
  let http: HTTPClient
  /// `http://host:port`, without a slash at its end.
  let base: String

  static let flags = [
    Flag("coordinator", .value("URL"), "the cluster's coordinator (default http://127.0.0.1:55555)"),
    Flag("json", .toggle, "the answer as JSON, for machines"),
  ]

  /// Runs a client command on a loop of its own.
  static func run(
    _ flags: ScannedFlags, _ body: @escaping @Sendable (ClusterClient) async throws -> ExitCode
  ) throws -> ExitCode {
    let base = try base(flags)
    return try runOnLoop { loop in
      let client = HTTPClient(loop: loop, configuration: HTTPClientConfiguration())
      defer { client.close() }
      return try await body(ClusterClient(loop: loop, http: client, base: base))
    }
  }

  /// `--coordinator`, with `http://` where it names no scheme.
  static func base(_ flags: ScannedFlags) throws(UsageError) -> String {
    guard var text = flags.text("coordinator") else { return "http://127.0.0.1:55555" }
    while text.hasSuffix("/") { text.removeLast() }
    let hasScheme = text.hasPrefix("http://") || text.hasPrefix("https://")
    let rest = hasScheme ? String(text.drop { $0 != ":" }.dropFirst(3)) : text
    guard Authority(rest, defaultPort: 80) != nil else {
      throw flags.error("coordinator", "'\(Table.printable(text))' is no URL such as http://127.0.0.1:55555")
    }
    return hasScheme ? text : "http://\(text)"
  }

  /// The JSON that the coordinator answers.
  /// - Throws: `Failure`: unreachable, or refused with the problem's words.
  func ask(_ path: String, method: String = "GET") async throws(Failure) -> JSONValue {
    var request = HTTPClientRequest(base + path, method: method)
    request.timeout = Self.answerTimeout
    return try await ask(request)
  }

  func ask(_ request: HTTPClientRequest) async throws(Failure) -> JSONValue {
    let body = try await answer(request)
    guard let value = try? JSONValue.parse(body) else { throw notACoordinator() }
    return value
  }

  /// The same where nothing is answered but that it is done.
  func order(_ path: String, method: String) async throws(Failure) {
    var request = HTTPClientRequest(base + path, method: method)
    request.timeout = Self.answerTimeout
    _ = try await answer(request)
  }

  private func answer(_ request: HTTPClientRequest) async throws(Failure) -> [UInt8] {
    let response: HTTPClientResponse
    do throws(HTTPClientError) {
      response = try await http.fetch(request)
    } catch {
      throw failure(error)
    }
    guard (200..<300).contains(response.status) else {
      throw refusal(response.status, response.body, retryAfter: response.headers["Retry-After"])
    }
    return response.body
  }

  /// Hands out an answer's body as it comes.
  /// - Throws: `Failure`; a refusal before any byte was handed out.
  func stream(_ path: String, _ chunk: @escaping ([UInt8]) -> Void) async throws(Failure) {
    var request = HTTPClientRequest(base + path)
    request.timeout = nil
    let stream = AnswerStream(chunk)
    let outcome = await stream.run(request, http)
    if let error = outcome { throw failure(error) }
    guard (200..<300).contains(stream.status) else { throw refusal(stream.status, stream.refused, retryAfter: nil) }
  }

  /// What a transfer's failure means for the person in front.
  private func failure(_ error: HTTPClientError) -> Failure {
    switch error.code {
    case .badURL, .badRequest, .tooLarge, .tooManyRedirects: Failure(error.message)
    case .dns, .connect, .tls, .timeout, .closed, .protocolError, .cancelled: unreachable(error.message)
    }
  }

  func unreachable(_ cause: String) -> Failure {
    Failure(
      "the coordinator at \(base) cannot be reached: \(cause)\n"
        + "Start a cluster with `ignareo up`, or say where it is: --coordinator URL or IGNAREO_COORDINATOR.",
      status: .unreachable)
  }

  private func notACoordinator() -> Failure {
    Failure("\(base) answers, but not as a coordinator does: is the URL right?", status: .unreachable)
  }

  private func refusal(_ status: Int, _ body: [UInt8], retryAfter: String?) -> Failure {
    guard let problem = try? JSONValue.parse(body), problem.kind == .object else {
      return status == 404 ? notACoordinator() : Failure("the coordinator answered \(status)")
    }
    let wait = retryAfter.map { " (worth another try in \(Table.printable($0)) s)" } ?? ""
    // Who starts or goes down is there for nobody, and may soon be.
    let isAway = ["starting", "draining"].contains { problem["type"]?.string?.hasSuffix(":\($0)") == true }
    return Failure(Refusal(status: status, problem: problem).text + wait, status: isAway ? .unreachable : .failed)
  }
}
