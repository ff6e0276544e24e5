internal import Gossip
internal import JSON

/// An answer's body in JSON: `body` as text where it is UTF-8, else `body_base64`.
enum BodyText {
  static func write(_ body: [UInt8], into writer: inout JSONWriter) {
    if let text = String(validating: body, as: UTF8.self) {
      writer.member("body", text)
    } else {
      writer.member("body_base64", Base64.encode(body))
    }
  }
}
