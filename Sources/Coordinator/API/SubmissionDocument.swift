import Batch
import JSON
import Net

/// The wrapper of a JSON submission: `{"name","tasks":[…],"defaults":{…},"callback_url"}`.
struct SubmissionDocument {
  private static let later = ["open", "template", "take"]

  private(set) var name: String?
  private(set) var callbackURL: String?
  private(set) var tasks: [JSONValue] = []
  private(set) var defaults: TaskFields?

  init(_ body: [UInt8]) throws(Problem) {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(body)
    } catch {
      throw .invalidJSON("\(error.cause) (\(error.position(in: body)))")
    }
    guard value.kind == .object else {
      throw .badRequest(
        "A submission is an object such as {\"tasks\":[{\"task\":\"echo\"}]}, not \(value.kind.article).", pointer: "")
    }
    try value.forEachMember { key, value throws(Problem) in try take(key, value) }
    guard value["tasks"] != nil else {
      throw .badRequest("tasks is missing: an array of task objects.", pointer: "/tasks")
    }
  }

  /// The document's defaults, and below them those of the query.
  func defaults(over query: TaskFields?) throws(Problem) -> TaskFields? {
    guard let defaults else { return query }
    do throws(TaskSpecError) {
      return try defaults.over(query)
    } catch {
      throw .badRequest(error.detail, pointer: "/defaults")
    }
  }

  private mutating func take(_ key: JSONKey, _ value: JSONValue) throws(Problem) {
    switch key {
    case "name" where value.isNull, "defaults" where value.isNull, "callback_url" where value.isNull: break
    case "name":
      guard let text = value.string else { throw .badRequest("name must be a string.", pointer: "/name") }
      name = try SubmissionOptions.checked(name: text)
    case "callback_url":
      guard let text = value.string else {
        throw .badRequest("callback_url must be a string.", pointer: "/callback_url")
      }
      callbackURL = try SubmissionOptions.checked(callbackURL: text)
    case "tasks":
      guard let elements = value.elements else {
        throw .badRequest("tasks must be an array of task objects, not \(value.kind.article).", pointer: "/tasks")
      }
      tasks = elements
    case "defaults":
      do throws(TaskSpecError) {
        defaults = try TaskFields(value)
      } catch {
        let error = error.inside(JSONPointer(tokens: ["defaults"]))
        throw .badRequest("\(error.pointer): \(error.detail)", pointer: error.pointer.description)
      }
    default:
      let name = key.string
      let pointer = JSONPointer(tokens: [name]).description
      if Self.later.contains(name) {
        throw .badRequest("\(name) is not taken by this release; leave it out.", pointer: pointer)
      }
      throw .badRequest(
        "\(name) is not known here; a submission has name, tasks, defaults and callback_url.", pointer: pointer)
    }
  }
}
