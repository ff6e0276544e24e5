import JSON

/// The scanner: places within bounds, errors that more text does not change, parts that lead back to the whole.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  do throws(JSONError) {
    let value = try JSONValue.parse(bytes)
    let slice = value.bytes
    require(bytes.startIndex <= slice.startIndex && slice.endIndex <= bytes.endIndex, "a value beyond its text")
    require(try JSONValue.parse(([0x5b] + bytes + [0x5d])[1...].dropLast()) == value, "a slice reads otherwise")
    require(value == value.detached, "a value is not itself")
    require(String(validating: slice, as: UTF8.self) != nil, "a value that is not UTF-8")
    checkParts(of: value, at: JSONPointer(), in: value)
    var writer = JSONWriter()
    rewrite(value, &writer)
    require(try JSONValue.parse(writer.bytes) == value, "what was written reads otherwise")
    checkCopy(of: value)
    checkCodable(value)
  } catch {
    checkError(error, bytes)
  }
  return 0
}

private func checkError(_ error: JSONError, _ bytes: [UInt8]) {
  require((0...bytes.count).contains(error.offset), "an error beyond its text")
  let position = error.position(in: bytes)
  require(position.line >= 1 && position.column >= 1, "a place before the first one")
  if error.code == .unexpectedEnd { return require(error.offset == bytes.count, "an end that is none") }
  for more in ["\"", "0]}", "\\u0000", "\u{80}"] {
    do throws(JSONError) {
      _ = try JSONValue.parse(bytes + more.utf8)
      fatalError("more text mended an error")
    } catch let later { require(later == error, "more text changed an error: \(error), then \(later)") }
  }
}

/// No name on the way here is another member's, too, so the pointer leads back.
private func checkParts(of value: JSONValue, at pointer: JSONPointer, in whole: JSONValue) {
  require(whole.at(pointer)?.bytes == value.bytes, "\(pointer) leads elsewhere")
  require((try? JSONPointer(pointer.description)) == pointer, "a pointer reads otherwise once written")
  switch value.kind {
  case .object:
    let members = unwrap(value.members, "an object without members")
    let names = members.map(\.key.string)
    for (key, part) in members {
      require(key == key.string, "a name is not itself")
      let last = unwrap(value[key.string], "a member is not found by its name")
      let count = names.count { $0.utf8.elementsEqual(key.string.utf8) }
      if count == 1 { require(last.bytes == part.bytes, "a name leads to another member") }
      if pointer.tokens.count < 4, count == 1 {
        checkParts(of: part, at: pointer.appending(key.string), in: whole)
      }
    }
  case .array:
    for (index, part) in unwrap(value.elements, "an array without elements").enumerated() {
      if pointer.tokens.count < 4 { checkParts(of: part, at: pointer.appending(index), in: whole) }
    }
  case .string: _ = unwrap(value.string, "a string without text")
  case .number: checkNumber(value)
  case .bool: _ = unwrap(value.bool, "neither true nor false")
  case .null: require(value.isNull, "null is not null")
  }
}

private func checkNumber(_ value: JSONValue) {
  require(value.double == Double(value.text).flatMap { $0.isFinite ? $0 : nil }, "a double of another value")
  guard let int = value.int else { return }
  if int.magnitude < 1 << 53 { require(value.double == Double(int), "\(value) is not \(int)") }
  require(try! JSONValue.parse(String(int)) == value, "an Int that is not its number")
}

/// By its parts, each made anew from what it means where that loses nothing.
private func rewrite(_ value: JSONValue, _ writer: inout JSONWriter) {
  switch value.kind {
  case .object:
    writer.object { writer in
      value.forEachMember { key, part in
        writer.key(key.string)
        rewrite(part, &writer)
      }
    }
  case .array: writer.array { writer in value.forEachElement { rewrite($0, &writer) } }
  case .string: writer.string(value.string ?? "")
  case .number: if let int = value.int { writer.int(int) } else { writer.value(value) }
  case .bool: writer.bool(value.bool ?? false)
  case .null: writer.null()
  }
}

private func checkCopy(of value: JSONValue) {
  var writer = JSONWriter()
  writer.value(value)
  require(!writer.bytes.contains(0x0a) && !writer.bytes.contains(0x0d), "a copy with a line break")
  require((try? JSONValue.parse(writer.bytes)) == value, "a copy reads otherwise")
}

/// Through the Codable bridge and back. Doubles may lose digits, so numbers are let alone.
private func checkCodable(_ value: JSONValue) {
  guard let tree = try? value.decode(Tree.self) else { fatalError("a value that does not decode") }
  guard let again = try? JSONValue.encoding(tree) else { fatalError("a tree that does not encode") }
  require((try? again.decode(Tree.self)) == tree, "a tree reads otherwise once written")
}

private enum Tree: Codable, Equatable {
  case object([String: Tree])
  case array([Tree])
  case string(String)
  case other(JSONValue)

  init(from decoder: any Decoder) throws {
    let value = try JSONValue(from: decoder)
    switch value.kind {
    case .object: self = .object(try [String: Tree](from: decoder))
    case .array: self = .array(try [Tree](from: decoder))
    case .string: self = .string(try String(from: decoder))
    default: self = .other(value)
    }
  }

  func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let members): try members.encode(to: encoder)
    case .array(let elements): try elements.encode(to: encoder)
    case .string(let text): try text.encode(to: encoder)
    case .other(let value): try value.encode(to: encoder)
    }
  }
}
