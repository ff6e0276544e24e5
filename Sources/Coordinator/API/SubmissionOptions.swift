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
  let idempotencyKey: String?
  /// Task fields from the query.
  let defaults: TaskFields?
  /// What belongs to the submission beside its body, for telling two under one key apart.
  let signature: String

  init(_ exchange: HTTPExchange) throws(Problem) {
    let headers = exchange.request.headers
    guard let coding = ContentCoding(headers) else {
      throw Problem(
        status: 415, code: "unsupported_encoding", title: "Unsupported content encoding",
        detail: "Content-Encoding '\(headers["Content-Encoding"] ?? "")' is not taken here; send the body with gzip, "
          + "or as it is without Content-Encoding.", acceptEncoding: "gzip")
    }
    self.coding = coding
    form = try Self.form(headers)
    let query = RequestQuery(exchange)
    follows = try query.flag("follow")
    name = try query["name"].map { name throws(Problem) in try Self.checked(name: name) }
    callbackURL = try query["callback_url"].map { url throws(Problem) in try Self.checked(callbackURL: url) }
    defaults = try Self.defaults(query)
    idempotencyKey = try headers["Idempotency-Key"].map { key throws(Problem) in
      guard !key.isEmpty, key.utf8.count <= CoordinatorLimits.idempotencyKeyBytes else {
        throw .badRequest("Idempotency-Key must have 1 to \(CoordinatorLimits.idempotencyKeyBytes) bytes.")
      }
      return key
    }
    let items = query.items.filter { $0.name != "follow" }.map { "\($0.name)=\($0.value)" }.sorted()
    signature = "\(form)?\(items.joined(separator: "&"))\n"
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

  private static func form(_ headers: HTTPHeaders) throws(Problem) -> Form {
    switch headers.contentType?.essence {
    case "application/json": return .document
    case "application/x-ndjson", "application/ndjson", "application/jsonl": return .lines
    default:
      throw .unsupportedMediaType(
        headers["Content-Type"], expected: "application/json, or application/x-ndjson with a task a line")
    }
  }

  /// Each task field can stand in the query: text as it is, everything else as JSON.
  private static func defaults(_ query: RequestQuery) throws(Problem) -> TaskFields? {
    var members: [(String, JSONValue)] = []
    for item in query.items where !["follow", "name", "callback_url"].contains(item.name) {
      guard TaskFields.names.contains(item.name) else {
        throw .badRequest(
          "?\(item.name)= is not known here; a submission takes name, follow, callback_url, and the task fields "
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
