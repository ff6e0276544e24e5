import JSON

/// The two forms in which a batch goes to the coordinator.
enum Submission: Equatable {
  /// One JSON document, `{"tasks":[…],…}` or the bare array of tasks: sent whole, 64 MiB at most.
  case document
  /// NDJSON, a task a line: streamed, as long as it likes.
  case lines

  /// As much of a file as is looked at to tell the forms apart: the longest task and its line break.
  static let headBytes = 1 << 20 + 1
  /// The contract's limit on a JSON body.
  static let documentLimit = 64 << 20

  /// Whether enough of a file was read to tell the forms apart: its first line that is not blank.
  static func isDecided(by head: [UInt8]) -> Bool {
    guard let start = head.firstIndex(where: { !isBlank($0) }) else { return false }
    return head[start...].contains(UInt8(ascii: "\n"))
  }

  static func isEmpty(_ head: [UInt8]) -> Bool { head.allSatisfy(isBlank) }

  /// The file's name decides where it says NDJSON. Else its first line does: a whole object that names a task is the
  /// first of many; anything else begins a document. So a `.json` that holds a task a line is understood as well.
  /// - Parameter head: the file's first bytes, up to `headBytes`.
  /// - Throws: `Failure` for a file that holds nothing.
  static func form(of file: String, head: [UInt8]) throws(Failure) -> Submission {
    guard let start = head.firstIndex(where: { !isBlank($0) }) else {
      throw Failure("\(file) holds no task: give a task a line, or a JSON document with \"tasks\"")
    }
    if file.hasSuffix(".ndjson") || file.hasSuffix(".jsonl") { return .lines }
    let line = head[start...].prefix { $0 != UInt8(ascii: "\n") }
    guard let value = try? JSONValue.parse(line), value["task"] != nil else { return .document }
    return .lines
  }

  /// The body of `POST /batches`: an array of tasks becomes a document, and `name` takes the place of its name.
  /// - Throws: `Failure` that says where the document breaks off.
  static func body(of file: String, document: [UInt8], name: String?) throws(Failure) -> [UInt8] {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue.parse(document)
    } catch {
      throw Failure("\(file) is no JSON: \(error.position(in: document)): \(error.cause)")
    }
    var writer = JSONWriter()
    switch value.kind {
    case .array:
      writer.object {
        $0.member("name", ifPresent: name)
        $0.member("tasks", value)
      }
    case .object:
      guard let name else { return document }
      writer.object { writer in
        writer.member("name", name)
        value.forEachMember { key, member in
          if !(key == "name") { writer.member(key.string, member) }
        }
      }
    case .string, .number, .bool, .null:
      throw Failure("\(file) holds one \(value.kind.rawValue): give a task a line, or {\"tasks\":[…]}")
    }
    return writer.bytes
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
