internal import Clockwork
internal import HTTP
internal import JSON
internal import Net

/// `http`: one request, and of its answer what `want` names.
enum HTTPTask {
  static let type = TaskType(name: "http", summary: "makes one HTTP request", schema: HTTPArguments.schema) {
    value throws(TaskFailure) in
    let arguments = try HTTPArguments(value)
    return PreparedTask(isRepeatable: arguments.isRepeatable) { try await run(arguments, $0) }
  }

  private static func run(_ arguments: HTTPArguments, _ context: TaskContext) async throws -> JSONValue {
    try value(try await response(arguments, context), arguments)
  }

  /// An answer whose status is one of the expected.
  static func response(_ arguments: HTTPArguments, _ context: TaskContext) async throws -> HTTPClientResponse {
    let response: HTTPClientResponse
    var request = arguments.request
    request.isIdempotent = context.run.shared.saysRepeatable
    do { response = try await context.runner.client.fetch(request) } catch {
      throw failure(error, arguments, context)
    }
    guard arguments.expected.contains(response.status) else { throw unexpected(response, arguments) }
    return response
  }

  /// What the attempt's end cut off failed at this host, and the submitter wants to know which.
  private static func failure(
    _ error: HTTPClientError, _ arguments: HTTPArguments, _ context: TaskContext
  ) -> any Error {
    if let failure = TaskFailure(error) { return failure }
    guard context.cancellation == .timeout else { return CancellationError() }
    let what =
      error.surelyNoEffect
      ? "no request had gone to \(arguments.host) when the attempt's timeout_s was over: it waited for one of the "
        + "node's connections to that host (--connections-per-host), or for a connection to be made"
      : "\(arguments.host) had not answered in full when the attempt's timeout_s was over"
    return TaskFailure(.timeout, what, mayHaveTakenEffect: !error.surelyNoEffect)
  }

  private static func unexpected(_ response: HTTPClientResponse, _ arguments: HTTPArguments) -> TaskFailure {
    TaskFailure(
      .httpStatus,
      "\(arguments.host) answered \(response.status) to \(arguments.request.method), expected "
        + arguments.expected.text,
      isRetryable: HTTPRetry.isWorthwhile(response.status))
  }

  /// What `want` names.
  static func value(_ response: HTTPClientResponse, _ arguments: HTTPArguments) throws(TaskFailure) -> JSONValue {
    let document = arguments.wants.contains(.json) ? try json(response, arguments) : nil
    return .object { value in
      if arguments.wants.contains(.status) { value.member("status", response.status) }
      value.member("url", response.url)
      value.member("http_version", response.httpVersion)
      if arguments.wants.contains(.headers) { write(response.headers, into: &value) }
      if arguments.wants.contains(.body) { BodyText.write(response.body, into: &value) }
      if let document { value.member("json", document) }
      if arguments.wants.contains(.bytes) { value.member("bytes", response.body.count) }
      if arguments.wants.contains(.timing) { write(response.timing, into: &value) }
    }
  }

  private static func json(
    _ response: HTTPClientResponse, _ arguments: HTTPArguments
  ) throws(TaskFailure) -> JSONValue {
    do { return try JSONValue.parse(response.body, depthLimit: Limits.valueDepth - 1) } catch {
      if error.code == .tooDeep { throw .tooDeep("the body that \(arguments.host) answered with") }
      throw TaskFailure(.assertion, "\(arguments.host) answered with a body that is not JSON: \(error)")
    }
  }

  /// Names in lower case; a field that came several times keeps all its values, joined as RFC 9110, section 5.3, says,
  /// but for `set-cookie`, whose values are a list because they may hold commas.
  private static func write(_ headers: HTTPHeaders, into value: inout JSONWriter) {
    value.object("headers") { object in
      var written: Set<String> = []
      for field in headers.all {
        let name = field.name.lowercased()
        guard written.insert(name).inserted else { continue }
        let values = headers.values(name)
        if name == "set-cookie" {
          object.member(name, values)
        } else {
          object.member(name, values.joined(separator: ", "))
        }
      }
    }
  }

  private static func write(_ timing: HTTPClientTiming, into value: inout JSONWriter) {
    value.object("timing_ms") {
      $0.member("dns", timing.dns.inMilliseconds)
      $0.member("connect", timing.connect.inMilliseconds)
      $0.member("tls", timing.tls.inMilliseconds)
      $0.member("first_byte", timing.firstByte.inMilliseconds)
      $0.member("total", timing.total.inMilliseconds)
    }
  }
}
