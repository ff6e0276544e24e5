import Batch
import JSON
import Net

/// The wrapper of a JSON submission: `{"name","tasks":[…],"defaults":{…},"callback_url","open":false}`; with
/// `"template":{…},"take":["pool",…]` instead of tasks, they are made of what is in pools.
struct SubmissionDocument {
  private(set) var name: String?
  private(set) var callbackURL: String?
  /// Whether more tasks may come later.
  private(set) var isOpen = false
  private(set) var tasks: [JSONValue] = []
  private(set) var defaults: TaskFields?
  private(set) var template: JSONValue?
  /// Names of pools.
  private(set) var take: [String]?

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
    if template != nil || take != nil {
      try checkJoining(value)
      return
    }
    guard value["tasks"] != nil || self.isOpen else {
      throw .badRequest("tasks is missing: an array of task objects.", pointer: "/tasks")
    }
  }

  private func checkJoining(_ value: JSONValue) throws(Problem) {
    guard template != nil else {
      throw .badRequest(
        "take names pools, and template, the task that is made of their items, is missing.", pointer: "/template")
    }
    guard take != nil else {
      throw .badRequest(
        "template is a task that is made of pools' items, and take, their names, is missing.", pointer: "/take")
    }
    for (name, isThere) in [("tasks", value["tasks"] != nil), ("open", isOpen)] where isThere {
      throw .badRequest(
        "\(name) does not go with a template: the batch's tasks are made of its pools' items alone.",
        pointer: "/\(name)")
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
      "open" where value.isNull, "template" where value.isNull, "take" where value.isNull:
      break
    case "open":
      guard let flag = value.bool else { throw .badRequest("open must be true or false.", pointer: "/open") }
      isOpen = flag
    case "template": template = value
    case "take": take = try Self.names(value)
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
      throw .badRequest(
        "\(name) is not known here; a submission has name, tasks, defaults, callback_url, open, template and take.",
        pointer: JSONPointer(tokens: [name]).description)
    }
  }

  private static func names(_ value: JSONValue) throws(Problem) -> [String] {
    guard let elements = value.elements, 1...PoolLimits.sources ~= elements.count else {
      throw .badRequest("take must be an array of 1 to \(PoolLimits.sources) names of pools.", pointer: "/take")
    }
    var names: [String] = []
    for (place, element) in elements.enumerated() {
      guard let name = element.string, PoolName.isValid(name), !names.contains(name) else {
        throw .badRequest("take must name each pool once: \(PoolName.rule).", pointer: "/take/\(place)")
      }
      names.append(name)
    }
    return names
  }
}
