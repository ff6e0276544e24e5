package import JSON
import Substitution

/// A task with places for what its items hold: `{{page}}` is the item of the pool `page`, `{{account.user}}` a part of
/// one. A string that is one place keeps the item's type; inside a longer string a string gives its text, anything else
/// its JSON.
///
/// A `flow` has variables of its own, written in the same way: there, names that are no pools are left as they are,
/// and what is filled in is text for it and no substitution.
package struct TaskTemplate: Sendable {
  /// Why items make no task, for people.
  package struct Refusal: Error, Equatable {
    package let message: String
    /// The place, among the pools, of the item that lacks something; nil where that is not known.
    package let source: Int?
  }

  /// What stands for a task that the items cannot make.
  package let refused: TaskSpec
  /// The task's type, which is the same for all.
  package let type: String
  private let template: Template
  private let names: [String]
  private let isFlow: Bool
  /// What counts where the template says nothing.
  private let defaults: TaskFields?

  /// - Parameter names: of the pools, in their order.
  package init(_ value: JSONValue, taking names: [String], defaults: TaskFields? = nil) throws(TaskSpecError) {
    guard value.kind == .object else {
      throw TaskSpecError(at: JSONPointer(), "a template is a task object, not \(value.kind.article)")
    }
    let task = value["task"] ?? defaults?.task.map { .string($0) } ?? .null
    guard let type = task.string, !type.isEmpty, type.utf8.count <= TaskLimits.nameBytes else {
      throw TaskSpecError(
        at: JSONPointer(tokens: ["task"]), "task is missing: the name of a task type, such as \"http\"")
    }
    guard !Self.hasPlace(task) else {
      throw TaskSpecError(
        at: JSONPointer(tokens: ["task"]), "task is one type for all tasks, and has no {{place}}")
    }
    guard value.bytes.count <= TaskLimits.bytes else {
      throw TaskSpecError(
        .tooLarge, at: JSONPointer(), "a template is at most \(TaskLimits.bytes) bytes (1 MiB), as a task is")
    }
    let reader = Reader(names: names, isFlow: type == "flow")
    (self.type, self.names, isFlow, self.defaults) = (type, names, reader.isFlow, defaults)
    refused = try TaskSpec(.object { $0.member("task", type) })
    template = try reader.template(value, at: JSONPointer())
    try checkConstants(value)
  }

  private static func hasPlace(_ value: JSONValue) -> Bool {
    value.string.map { text in
      let bytes = Array(text.utf8)
      return bytes.indices.dropLast().contains { bytes[$0] == 0x7b && bytes[$0 + 1] == 0x7b }
    } ?? false
  }

  /// What no item changes must be right as it stands: told now, and not by every task.
  private func checkConstants(_ value: JSONValue) throws(TaskSpecError) {
    guard case .object(let members) = template else {
      _ = try TaskFields(value)
      return
    }
    let constants = JSONValue.object { writer in
      for member in members {
        if case .constant(let value) = member.value {
          writer.member(member.name, value)
        } else if !TaskFields.names.contains(member.name) {
          writer.member(member.name, .null)
        }
      }
    }
    _ = try TaskFields(constants)
    let own = members.map(\.name)
    guard !own.contains("limit") || own.contains("key") || defaults?.key != nil else {
      throw TaskSpecError(at: JSONPointer(tokens: ["limit"]), "a limit needs a key: the tasks that share it")
    }
  }

  /// The task that the items make, one of each pool.
  package func spec(of items: [JSONValue]) throws(Refusal) -> TaskSpec {
    let task = try task(of: items)
    do throws(TaskSpecError) {
      return try TaskSpec(task, defaults: defaults)
    } catch {
      throw Refusal(
        message: "\(error.pointer.description.isEmpty ? "" : "\(error.pointer): ")\(error.detail)", source: nil)
    }
  }

  package func task(of items: [JSONValue]) throws(Refusal) -> JSONValue {
    var writer = JSONWriter()
    try write(template, items, into: &writer)
    return JSONValue(trusted: writer.bytes[...])
  }

  private func write(_ template: Template, _ items: [JSONValue], into writer: inout JSONWriter) throws(Refusal) {
    switch template {
    case .constant(let value): writer.value(value)
    case .whole(let reference):
      let value = try value(of: reference, items)
      writer.value(isFlow ? Self.literal(value) : value)
    case .text(let pieces): writer.string(try text(pieces, items))
    case .array(let elements):
      try writer.array { array throws(Refusal) in
        for element in elements { try write(element, items, into: &array) }
      }
    case .object(let members):
      try writer.object { object throws(Refusal) in
        for member in members {
          object.key(member.name)
          try write(member.value, items, into: &object)
        }
      }
    }
    // An item may be a megabyte, and stand in many places.
    guard writer.bytes.count <= 2 * TaskLimits.bytes else {
      throw Refusal(message: "with its items the task grows beyond \(TaskLimits.bytes) bytes (1 MiB)", source: nil)
    }
  }

  private func text(_ pieces: [Template.Piece], _ items: [JSONValue]) throws(Refusal) -> String {
    var text: [UInt8] = []
    for piece in pieces {
      switch piece {
      case .literal(let literal): text += literal.utf8
      case .reference(let reference):
        let value = try value(of: reference, items)
        let filled = value.string.map { Array($0.utf8) } ?? Array(value.bytes)
        text += isFlow ? Self.escaped(filled) : filled
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private func value(of reference: Reference, _ items: [JSONValue]) throws(Refusal) -> JSONValue {
    guard let source = names.firstIndex(of: reference.name) else {
      throw Refusal(message: "{{\(reference.text)}} names no pool", source: nil)
    }
    guard let value = items[source].at(JSONPointer(tokens: reference.tokens)) else {
      throw Refusal(message: "{{\(reference.text)}} is not there", source: source)
    }
    return value
  }

  // MARK: Flows

  /// Braces that a flow would take for a substitution of its own.
  private static func escaped(_ text: [UInt8]) -> [UInt8] {
    let brace = UInt8(ascii: "{")
    var result: [UInt8] = []
    var place = 0
    while place < text.count {
      if text[place] == brace, place + 1 < text.count, text[place + 1] == brace {
        result += [UInt8(ascii: "\\"), brace, brace]
        place += 2
      } else {
        result.append(text[place])
        place += 1
      }
    }
    return result
  }

  private static func literal(_ value: JSONValue) -> JSONValue {
    let bytes = value.bytes
    // Also where an escape hides it: rarely, and then only the longer way is taken.
    guard bytes.contains(UInt8(ascii: "{")) || bytes.contains(UInt8(ascii: "\\")) else { return value }
    return JSONValue.writing { write(literal: value, into: &$0) }
  }

  private static func write(literal value: JSONValue, into writer: inout JSONWriter) {
    switch value.kind {
    case .string:
      let text = Array((value.string ?? "").utf8)
      let escaped = escaped(text)
      if escaped.count == text.count {
        writer.value(value)
      } else {
        writer.string(String(decoding: escaped, as: UTF8.self))
      }
    case .array: writer.array { array in value.forEachElement { write(literal: $0, into: &array) } }
    case .object:
      writer.object { object in
        value.forEachMember { key, value in
          object.key(key.string)
          write(literal: value, into: &object)
        }
      }
    case .number, .bool, .null: writer.value(value)
    }
  }
}

extension TaskTemplate {
  /// Reads the template once, so that filling it in is all that is left for each task.
  private struct Reader {
    let names: [String]
    let isFlow: Bool

    func template(_ value: JSONValue, at place: JSONPointer) throws(TaskSpecError) -> Template {
      switch value.kind {
      case .null, .bool, .number: return .constant(value)
      case .string: return try text(value, at: place)
      case .array:
        var elements: [Template] = []
        for (number, element) in (value.elements ?? []).enumerated() {
          elements.append(try template(element, at: place.appending(number)))
        }
        return elements.allSatisfy(\.isConstant) ? .constant(value) : .array(elements)
      case .object:
        var members: [(name: String, value: Template)] = []
        for (key, member) in value.members ?? [] {
          members.append((key.string, try template(member, at: place.appending(key.string))))
        }
        let isFixed = !place.tokens.isEmpty && members.allSatisfy(\.value.isConstant)
        return isFixed ? .constant(value) : .object(members)
      }
    }

    private func text(_ value: JSONValue, at place: JSONPointer) throws(TaskSpecError) -> Template {
      guard let text = value.string, TaskTemplate.hasPlace(value) else { return .constant(value) }
      var pieces = try Template.pieces(of: text) { TaskSpecError(at: place, "the template \($0)") }
      var isOwn = false
      for number in pieces.indices {
        switch pieces[number] {
        case .literal(let literal):
          // The flow's reader takes the escape away.
          if isFlow { pieces[number] = .literal(String(decoding: escaped(Array(literal.utf8)), as: UTF8.self)) }
        case .reference(let reference) where names.contains(reference.name): isOwn = true
        case .reference(let reference) where isFlow: pieces[number] = .literal("{{\(reference.text)}}")
        case .reference(let reference):
          throw TaskSpecError(
            at: place,
            "{{\(reference.text)}} names no pool that the batch takes from: \(names.joined(separator: ", ")); the "
              + "braces themselves are written \\{{")
        }
      }
      guard isOwn else {
        if isFlow { return .constant(value) }
        return .text(pieces)
      }
      if pieces.count == 1, case .reference(let reference) = pieces[0] { return .whole(reference) }
      return .text(pieces)
    }
  }
}
