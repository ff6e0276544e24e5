import JSON

/// A result as a row of CSV (RFC 4180). A value that is not text stands as JSON.
enum ResultRow {
  static let columns = [
    "seq", "index", "id", "status", "value", "error_code", "error_message", "node", "attempts", "queued_ms",
    "duration_ms",
  ]

  static func append(_ line: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    let result = JSONValue(trusted: line.last == 0x0a ? line.dropLast() : line)
    let error = result["error"]
    for (place, column) in columns.enumerated() {
      if place > 0 { bytes.append(UInt8(ascii: ",")) }
      let value =
        switch column {
        case "error_code": error?["code"]
        case "error_message": error?["message"]
        default: result[column]
        }
      if let value { append(field: value, to: &bytes) }
    }
    bytes += [0x0d, 0x0a]
  }

  private static func append(field value: JSONValue, to bytes: inout [UInt8]) {
    let text = value.string.map { Array($0.utf8)[...] } ?? value.bytes
    let quote = UInt8(ascii: "\"")
    guard text.contains(where: { $0 == quote || $0 == UInt8(ascii: ",") || $0 == 0x0a || $0 == 0x0d }) else {
      bytes += text
      return
    }
    bytes.append(quote)
    for byte in text {
      if byte == quote { bytes.append(quote) }
      bytes.append(byte)
    }
    bytes.append(quote)
  }
}
