internal import JSON

/// One line of a worker's standard output: `{"id":"…","value":…}` or `{"id":"…","error":{"message":"…"}}`.
enum WorkerAnswer {
  case answer(id: Int, Result<JSONValue, TaskFailure>)
  /// No answer, and why.
  case noise(String)

  /// Null counts as absent, but for a value that comes alone, so that a worker may always write all three members.
  init(_ line: ArraySlice<UInt8>) {
    let whole: JSONValue
    do throws(JSONError) { whole = try JSONValue.parse(line) } catch {
      if error.code == .tooDeep, let id = Self.id(inDeep: line) {
        self = .answer(id: id, .failure(.tooDeep("the worker's answer")))
      } else {
        self = .noise("it is not JSON: \(error)")
      }
      return
    }
    var (id, value, error): (JSONValue?, JSONValue?, JSONValue?)
    whole.forEachMember { key, member in
      switch key {
      case "id": id = member
      case "value": value = member
      case "error": error = member.isNull ? nil : member
      default: break
      }
    }
    guard let text = id?.string, let number = Int(text) else {
      self = .noise("it has no id, which is a string and that of a task")
      return
    }
    self = .answer(id: number, Self.result(value, error, whole))
  }

  private static func result(
    _ value: JSONValue?, _ error: JSONValue?, _ whole: JSONValue
  ) -> Result<JSONValue, TaskFailure> {
    switch (value, error) {
    case (let value?, nil): .success(value)
    case (nil, let error?): .failure(failure(error))
    case (let value?, let error?) where value.isNull: .failure(failure(error))
    case (.some, .some): .failure(refused("both a value and an error", whole))
    case (nil, nil): .failure(refused("neither a value nor an error", whole))
    }
  }

  /// The same attempt would be answered in the same way.
  private static func refused(_ what: String, _ whole: JSONValue) -> TaskFailure {
    let names = whole.members?.map(\.key.string).joined(separator: ", ") ?? ""
    return TaskFailure(
      .internal, "the worker answered with \(what); the members of its answer are \(names)", isRetryable: false)
  }

  /// What a worker says of its error, and behind it what of that means nothing here.
  private static func failure(_ error: JSONValue) -> TaskFailure {
    guard error.kind == .object else { return TaskFailure(.internal, error.string ?? error.text) }
    var message = error["message"]?.string ?? error.text
    var code = TaskFailure.Code.internal
    if let given = error["code"], !given.isNull {
      if let known = given.string.flatMap(TaskFailure.Code.init(rawValue:)) {
        code = known
      } else {
        let codes = TaskFailure.Code.allCases.map(\.rawValue).joined(separator: ", ")
        message += " (the worker's code \(given.text) is none of \(codes))"
      }
    }
    let retryable = error["retryable"].flatMap { $0.isNull ? nil : $0 }
    if let retryable, retryable.bool == nil {
      message += " (the worker's retryable \(retryable.text) is neither true nor false)"
    }
    // What the worker did before, whatever its last step failed with, only the worker can say.
    return TaskFailure(
      code, message, isRetryable: retryable?.bool, mayHaveTakenEffect: error["effect"]?.bool ?? true)
  }

  /// The id of an answer that nests too deep to be read, so that this one task fails and no other waits for it.
  private static func id(inDeep line: ArraySlice<UInt8>) -> Int? {
    var (depth, place) = (0, line.startIndex)
    var key: ArraySlice<UInt8> = []
    var isAfterColon = false
    while place < line.endIndex {
      switch line[place] {
      case UInt8(ascii: "\""):
        guard let end = endOfString(line, from: place + 1) else { return nil }
        if depth == 1, isAfterColon, key.elementsEqual("id".utf8) {
          return Int(String(decoding: line[place + 1..<end], as: UTF8.self))
        }
        if depth == 1, !isAfterColon { key = line[place + 1..<end] }
        place = end
      case UInt8(ascii: ":") where depth == 1: isAfterColon = true
      case UInt8(ascii: ",") where depth == 1: isAfterColon = false
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      place += 1
    }
    return nil
  }

  /// The place of the quote that closes a string.
  private static func endOfString(_ line: ArraySlice<UInt8>, from start: Int) -> Int? {
    var place = start
    while place < line.endIndex {
      if line[place] == UInt8(ascii: "\"") { return place }
      place += line[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    return nil
  }
}
