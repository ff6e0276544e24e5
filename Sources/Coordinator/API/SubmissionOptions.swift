import Batch
import HTTP
import JSON
import Net

/// What a submission says outside its body: its form, its name, its key, its callback, and defaults in the query.
struct SubmissionOptions {
  enum Form { case document, lines }

  let form: Form
  let coding: ContentCoding
  let follows: Bool
  let name: String?
  let callbackURL: String?
  /// Whether more tasks may come later.
  let isOpen: Bool
  let idempotencyKey: String?
  /// Task fields from the query.
  let defaults: TaskFields?
  /// How many tasks at a time may hold an item of a pool; nil where the call says nothing of it.
  let reuse: Int?
  /// What belongs to the submission beside its body, for telling two under one key apart.
  let signature: String

  init(_ exchange: HTTPExchange) throws(Problem) {
    let headers = exchange.request.headers
    reuse = nil
    coding = try Self.coding(headers)
    form = try Self.form(headers)
    let query = RequestQuery(exchange)
    follows = try query.flag("follow")
    isOpen = try query.flag("open")
    name = try query["name"].map { name throws(Problem) in try Self.checked(name: name) }
    callbackURL = try query["callback_url"].map { url throws(Problem) in try Self.checked(callbackURL: url) }
    defaults = try Self.defaults(query)
    idempotencyKey = try Self.key(headers)
    signature = Self.signature(form, query)
  }

  /// Those of a call that brings items to a pool: their form, their key, and `?reuse=`.
  init(ofItems exchange: HTTPExchange) throws(Problem) {
    let (headers, query) = (exchange.request.headers, RequestQuery(exchange))
    if let other = query.items.first(where: { $0.name != "reuse" }) {
      throw .badRequest("?\(other.name)= is not known here; a call that brings items takes ?reuse= alone.")
    }
    coding = try Self.coding(headers)
    form = try Self.form(headers, of: "an item")
    reuse = query["reuse"] == nil ? nil : try query.whole("reuse", in: PoolLimits.reuse, otherwise: 1)
    (follows, name, callbackURL, isOpen, defaults) = (false, nil, nil, false, nil)
    idempotencyKey = try Self.key(headers)
    signature = Self.signature(form, query)
  }

  private static func coding(_ headers: HTTPHeaders) throws(Problem) -> ContentCoding {
    if let coding = ContentCoding(headers) { return coding }
    throw Problem(
      status: 415, code: "unsupported_encoding", title: "Unsupported content encoding",
      detail: "Content-Encoding '\(headers["Content-Encoding"] ?? "")' is not taken here; send the body with gzip, "
        + "or as it is without Content-Encoding.", acceptEncoding: "gzip")
  }

  private static func key(_ headers: HTTPHeaders) throws(Problem) -> String? {
    try headers["Idempotency-Key"].map { key throws(Problem) in
      guard !key.isEmpty, key.utf8.count <= CoordinatorLimits.idempotencyKeyBytes else {
        throw .badRequest("Idempotency-Key must have 1 to \(CoordinatorLimits.idempotencyKeyBytes) bytes.")
      }
      return key
    }
  }

  private static func signature(_ form: Form, _ query: RequestQuery) -> String {
    let items = query.items.filter { $0.name != "follow" }.map { "\($0.name)=\($0.value)" }.sorted()
    return "\(form)?\(items.joined(separator: "&"))\n"
  }

  static func checked(name: String) throws(Problem) -> String {
    guard !name.isEmpty, name.utf8.count <= CoordinatorLimits.nameBytes else {
      throw .badRequest("A batch's name has 1 to \(CoordinatorLimits.nameBytes) bytes.", pointer: "/name")
    }
    return name
  }

  static func checked(callbackURL url: String) throws(Problem) -> String {
    guard url.utf8.count <= CoordinatorLimits.callbackURLBytes else {
      throw .badRequest(
        "callback_url has at most \(CoordinatorLimits.callbackURLBytes) bytes.", pointer: "/callback_url")
    }
    do throws(WebURL.Flaw) {
      return try WebURL(url).text
    } catch {
      throw .badRequest(
        "callback_url must be an http or https URL that can be called, such as https://shop.example/ended; of "
          + "'\(url)' is said: \(error.text).", pointer: "/callback_url")
    }
  }

  private static func form(_ headers: HTTPHeaders, of one: String = "a task") throws(Problem) -> Form {
    switch headers.contentType?.essence {
    case "application/json": return .document
    case "application/x-ndjson", "application/ndjson", "application/jsonl": return .lines
    default:
      throw .unsupportedMediaType(
        headers["Content-Type"], expected: "application/json, or application/x-ndjson with \(one) a line")
    }
  }

  /// Each task field can stand in the query: text as it is, everything else as JSON.
  private static func defaults(_ query: RequestQuery) throws(Problem) -> TaskFields? {
    var members: [(String, JSONValue)] = []
    for item in query.items where !["follow", "name", "callback_url", "open"].contains(item.name) {
      guard TaskFields.names.contains(item.name) else {
        throw .badRequest(
          "?\(item.name)= is not known here; a submission takes name, callback_url, open, follow, and the task fields "
            + "\(TaskFields.names.joined(separator: ", ")) as defaults.")
      }
      if ["task", "id", "key"].contains(item.name) {
        members.append((item.name, .string(item.value)))
      } else if let value = try? JSONValue.parse(item.value) {
        members.append((item.name, value))
      } else {
        throw .badParameter(item.name, item.value, "JSON")
      }
    }
    guard !members.isEmpty else { return nil }
    let object = JSONValue.object { for (name, value) in members { $0.member(name, value) } }
    do throws(TaskSpecError) {
      return try TaskFields(object)
    } catch {
      throw .badRequest("The default ?\(error.pointer.tokens.first ?? "")= in the query: \(error.detail).")
    }
  }
}

extension SubmissionOptions {
  /// The digest of a submission of which nothing has come.
  var digest: BodyDigest {
    var digest = BodyDigest()
    digest.take(signature.utf8)
    return digest
  }

  /// Reads a body whose key was used before, and says whether it is the same submission.
  func compareBody(
    of exchange: HTTPExchange, with digest: BatchManifest.Digest, _ then: @escaping (_ isSame: Bool) -> Void
  ) {
    var own = self.digest
    DecodedBody(exchange, coding).read { event in
      switch event {
      case .chunk(let bytes): own.take(bytes)
      case .failed(let error): exchange.respond(error)
      case .end: then(own.kept == digest)
      }
    }
  }
}

extension Problem {
  static let keyInUse = Problem(
    status: 409, code: "key_in_use", title: "The submission is still being read",
    detail: "Another request with this Idempotency-Key is under way; ask again when it has ended.", retryAfter: 1)

  static let otherBody = Problem(
    status: 422, code: "key_reused", title: "The Idempotency-Key was used for another submission",
    detail: "This key came before with another body or query; use a new key for what is new.")
}
