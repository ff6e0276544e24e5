/// A host and a port, as `host:port`, `127.0.0.1:80` or `[::1]:80` (RFC 3986, section 3.2, without user information).
///
/// `host` is a name or an address without brackets; nothing is resolved here.
package struct Authority: Hashable, Sendable, CustomStringConvertible {
  package var host: String
  package var port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `host:port`. nil when a part is missing (unless `defaultPort` stands in for the port), when the port is not
  /// 0 to 65535, when an IPv6 address lacks its brackets, or when the host holds a character that no host can.
  package init?(_ text: some StringProtocol, defaultPort: UInt16? = nil) {
    let bytes = Array(text.utf8)
    let (host, rest): (ArraySlice<UInt8>, ArraySlice<UInt8>)
    if bytes.first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      (host, rest) = (bytes[1..<end], bytes[(end + 1)...])
      guard host.contains(UInt8(ascii: ":")), Self.isIPv6(host) else { return nil }
    } else {
      let end = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
      (host, rest) = (bytes[..<end], bytes[end...])
      guard host.allSatisfy(Self.isOfName) else { return nil }
    }
    guard !host.isEmpty, host.count <= 255 else { return nil }
    let port: UInt16
    if rest.isEmpty, let defaultPort {
      port = defaultPort
    } else {
      let digits = rest.dropFirst()
      guard rest.first == UInt8(ascii: ":"), !digits.isEmpty, digits.count <= 5, digits.allSatisfy(Self.isDigit),
        let value = UInt16(String(decoding: digits, as: UTF8.self))
      else { return nil }
      port = value
    }
    self.init(host: String(decoding: host, as: UTF8.self), port: port)
  }

  package var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: isDigit(byte)
    }
  }

  /// Looks like an IPv6 address, perhaps with a zone such as `%eth0`; whether it is one, the resolver says.
  private static func isIPv6(_ host: ArraySlice<UInt8>) -> Bool {
    let zone = host.firstIndex(of: UInt8(ascii: "%")) ?? host.endIndex
    guard zone > host.startIndex, host[zone...].dropFirst().allSatisfy(isOfName) else { return false }
    return host[..<zone].allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"),
        UInt8(ascii: "."):
        true
      default: isDigit(byte)
      }
    }
  }
}
