package import HTTP
package import JSON

/// An error as RFC 9457 tells it: `application/problem+json`.
package struct Problem: Error, Sendable {
  /// One of several faults in one submission.
  package struct Fault: Sendable {
    /// Counted from 1, in an NDJSON body.
    package var line: Int?
    /// RFC 6901, into the line or the document.
    package var pointer: String?
    package var detail: String

    package init(line: Int? = nil, pointer: String? = nil, detail: String) {
      (self.line, self.pointer, self.detail) = (line, pointer, detail)
    }
  }

  package var status: Int
  /// What kind of problem it is, in snake case: the end of its `type`.
  package var code: String
  package var title: String
  /// The cause and the way out, for the one who has to act.
  package var detail: String
  package var instance: String?
  package var faults: [Fault]
  /// Seconds after which a new try makes sense; sent as `Retry-After`.
  package var retryAfter: Int?
  /// Methods that the path knows; sent as `Allow`.
  package var allow: String?
  /// Content codings that are taken; sent as `Accept-Encoding` (RFC 9110, section 12.5.3).
  package var acceptEncoding: String?

  package init(
    status: Int, code: String, title: String, detail: String, instance: String? = nil, faults: [Fault] = [],
    retryAfter: Int? = nil, allow: String? = nil, acceptEncoding: String? = nil
  ) {
    (self.status, self.code, self.title, self.detail) = (status, code, title, detail)
    (self.instance, self.faults, self.retryAfter, self.allow) = (instance, faults, retryAfter, allow)
    self.acceptEncoding = acceptEncoding
  }

  /// What is wrong with the request as HTTP.
  package init(_ error: HTTPError) {
    let code =
      switch error.status {
      case 403: "foreign_origin"
      case 405: "method_not_allowed"
      case 413: "too_large"
      case 426: "upgrade_required"
      case 503: "overloaded"
      default: "bad_request"
      }
    self.init(
      status: error.status, code: code, title: "\(HTTPStatus.reason(of: error.status))", detail: error.reason,
      retryAfter: error.status == 503 ? 1 : nil)
  }

  package static func notFound(_ path: String) -> Problem {
    Problem(
      status: 404, code: "not_found", title: "Not found", detail: "There is nothing at '\(path)'.", instance: path)
  }

  package static func methodNotAllowed(_ method: String, _ path: String, allow: String) -> Problem {
    Problem(
      status: 405, code: "method_not_allowed", title: "Method not allowed",
      detail: "'\(path)' does not know \(method); it knows \(allow).", instance: path, allow: allow)
  }

  package static func unsupportedMediaType(_ given: String?, expected: String) -> Problem {
    // What `curl -d` sends without being asked.
    let isForm = given?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true
    let wayOut = isForm ? " With curl: -H 'Content-Type: application/json'." : ""
    return Problem(
      status: 415, code: "unsupported_media_type", title: "Unsupported media type",
      detail: "Content-Type is \(given.map { "'\($0)'" } ?? "missing"); send \(expected).\(wayOut)")
  }

  package static func invalidJSON(_ detail: String) -> Problem {
    Problem(status: 400, code: "invalid_json", title: "The body is not valid JSON", detail: detail)
  }

  /// The whole document; the first fault's place stands on the top level too.
  package func json() -> [UInt8] {
    var writer = JSONWriter()
    writer.object { writeMembers(into: &$0) }
    return writer.bytes
  }

  /// Continues an object.
  package func writeMembers(into object: inout JSONWriter) {
    object.member("type", "urn:ignareo:problem:\(code)")
    object.member("title", title)
    object.member("status", status)
    object.member("detail", detail)
    if let instance { object.member("instance", instance) }
    if let first = faults.first { Self.write(first, into: &object, isTop: true) }
    guard !faults.isEmpty else { return }
    object.array("errors") { array in
      for fault in faults { array.object { Self.write(fault, into: &$0, isTop: false) } }
    }
  }

  private static func write(_ fault: Fault, into object: inout JSONWriter, isTop: Bool) {
    if let line = fault.line { object.member("line", line) }
    if let pointer = fault.pointer { object.member("pointer", pointer) }
    if !isTop { object.member("detail", fault.detail) }
  }
}
