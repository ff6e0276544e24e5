internal import HTTP
internal import JSON
internal import Net

/// The arguments of `http`, read and checked.
struct HTTPArguments: Sendable {
  enum Want: String, CaseIterable, Sendable { case status, headers, body, json, bytes, timing }

  var request: HTTPClientRequest
  /// `host:port`, as messages name it.
  let host: String
  private(set) var expected = ExpectedStatus.belowErrors
  private(set) var wants: Set<Want> = [.status, .body]

  var isRepeatable: Bool { HTTPMethod.isIdempotent(request.method) }

  static let names = [
    "url", "method", "headers", "body", "json", "form", "timeout_s", "follow_redirects", "max_redirects",
    "max_body_bytes", "proxy", "verify_tls", "expect_status", "want",
  ]

  init(_ value: JSONValue) throws(TaskFailure) {
    let members = try Argument(value).members()
    guard let url = members.last(where: { $0.name == "url" })?.argument else {
      throw TaskFailure(.badArguments, "/url is missing", pointer: "/url")
    }
    let target = try URLTarget(url)
    host = target.host
    request = HTTPClientRequest(target.url)
    request.maxBodyBytes = 1 << 20
    request.acceptsCompression = true
    // The attempt's own limit ends it, unless the arguments say otherwise.
    request.timeout = nil
    var bodyNames: [String] = []
    // Null means "not given", but for `json`, whose value it may be.
    for (name, argument) in members where !argument.value.isNull || name == "json" {
      if ["body", "json", "form"].contains(name) { bodyNames.append(name) }
      try take(name, argument)
    }
    if bodyNames.count > 1 {
      throw TaskFailure(
        .badArguments, "/\(bodyNames[1]) and /\(bodyNames[0]) exclude each other", pointer: "/\(bodyNames[1])")
    }
    // The server may send what it likes to one who asked for it in his own words.
    if request.headers.contains("accept-encoding") { request.acceptsCompression = false }
  }

  private mutating func take(_ name: String, _ argument: Argument) throws(TaskFailure) {
    switch name {
    case "url": break
    case "method": request.method = try HTTPFields.method(argument)
    case "headers": try HTTPFields.read(argument, into: &request.headers)
    case "body": request.body = .bytes(Array(try argument.string().utf8))
    case "json": setBody(Array(argument.value.bytes), "application/json")
    case "form": setBody(try FormBody.bytes(argument), "application/x-www-form-urlencoded")
    case "timeout_s": request.timeout = try argument.seconds(upTo: Limits.longestTimeout)
    case "follow_redirects": request.followsRedirects = try argument.bool()
    case "max_redirects": request.maxRedirects = try argument.integer(in: 0...100)
    case "max_body_bytes": request.maxBodyBytes = try argument.integer(in: 0...Limits.bodyBytes)
    case "proxy": request.proxy = try URLTarget.proxy(argument)
    case "verify_tls": request.verifiesTLS = try argument.bool()
    case "expect_status": expected = try ExpectedStatus(argument)
    case "want": wants = try Self.wants(argument)
    default: throw argument.unknown(among: Self.names)
    }
  }

  /// A media type that the headers name wins, wherever they stand.
  private mutating func setBody(_ bytes: [UInt8], _ mediaType: String) {
    request.body = .bytes(bytes)
    if !request.headers.contains("content-type") { request.headers.add("content-type", mediaType) }
  }

  private static func wants(_ argument: Argument) throws(TaskFailure) -> Set<Want> {
    var wants: Set<Want> = []
    for element in try argument.elements() {
      guard let want = Want(rawValue: try element.string()) else {
        throw element.refused("must be one of \(Want.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      wants.insert(want)
    }
    return wants
  }
}
