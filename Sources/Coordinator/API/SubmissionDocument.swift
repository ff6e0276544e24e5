import Batch
import JSON
import Net

/// The wrapper of a JSON submission: `{"name","tasks":[…],"defaults":{…},"callback_url","open":false}`.
struct SubmissionDocument {
  private static let later = ["template", "take"]

  private(set) var name: String?
  private(set) var callbackURL: String?
  /// Whether more tasks may come later.
  private(set) var isOpen = false
  private(set) var tasks: [JSONValue] = []
  private(set) var defaults: TaskFields?

  /// Whether it is the list of tasks alone.
  private(set) var isBare = false
  /// What an open batch is brought later: tasks and their defaults alone, or just the list.
  private let isAddition: Bool

  /// - Parameter isOpen: what the query says of it.
  init(_ body: [UInt8], isOpen: Bool = false, isAddition: Bool = false) throws(Problem) {
    (self.isOpen, self.isAddition) = (isOpen, isAddition)
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(body)
    } catch {
      throw .invalidJSON("\(error.cause) (\(error.position(in: body)))")
    }
    if isAddition, let elements = value.elements {
      (tasks, isBare) = (elements, true)
      return
    }
    guard value.kind == .object else {
      throw .badRequest(
        "A submission is an object such as {\"tasks\":[{\"task\":\"echo\"}]}, not \(value.kind.article).", pointer: "")
    }
    try value.forEachMember { key, value throws(Problem) in try take(key, value) }
    guard value["tasks"] != nil || self.isOpen else {
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
    case _ where isAddition && !(key == "tasks" || key == "defaults"):
      throw .badRequest(
        "\(key.string) is not taken here; a call that adds to a batch has tasks and defaults.",
        pointer: JSONPointer(tokens: [key.string]).description)
    case "name" where value.isNull, "defaults" where value.isNull, "callback_url" where value.isNull,
      "open" where value.isNull:
      break
    case "open":
      guard let flag = value.bool else { throw .badRequest("open must be true or false.", pointer: "/open") }
      isOpen = flag
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
        "\(name) is not known here; a submission has name, tasks, defaults, callback_url and open.", pointer: pointer)
    }
  }
}
