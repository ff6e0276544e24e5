internal import JSON

/// `application/x-www-form-urlencoded`, as the URL Standard (WHATWG), section 5.2, writes it.
enum FormBody {
  /// An object of texts, numbers and booleans; a list gives its name several times.
  static func bytes(_ argument: Argument) throws(TaskFailure) -> [UInt8] {
    var pairs: [(String, String)] = []
    for (name, argument) in try argument.members() {
      let values = argument.value.kind == .array ? try argument.elements() : [argument]
      for value in values { pairs.append((name, try text(value))) }
    }
    return bytes(pairs)
  }

  static func bytes(_ pairs: [(String, String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in pairs {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
      append(name, to: &bytes)
      bytes.append(UInt8(ascii: "="))
      append(value, to: &bytes)
    }
    return bytes
  }

  private static func text(_ argument: Argument) throws(TaskFailure) -> String {
    switch argument.value.kind {
    case .string: try argument.string()
    case .number, .bool: argument.value.text
    case .null: ""
    case .object, .array: throw argument.refused("must be a text, a number or a boolean")
    }
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        bytes.append(byte)
      case 0x20: bytes.append(UInt8(ascii: "+"))
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
  }
}
