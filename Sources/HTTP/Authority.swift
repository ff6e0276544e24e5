/// A host and a port: `localhost:80`, `10.0.0.7:55568`, `[::1]:7946` (RFC 3986, section 3.2, without user information).
///
/// Nothing is resolved here.
package struct Authority: Hashable, Sendable, CustomStringConvertible {
  /// A name or an IP address; an IPv6 address without its brackets.
  package var host: String
  /// 0 asks for any free port.
  package var port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// Reads `host:port`; nil for what `init(parsing:defaultPort:)` refuses.
  package init?(_ text: some StringProtocol, defaultPort: UInt16? = nil) {
    guard let authority = try? Authority(parsing: text, defaultPort: defaultPort) else { return nil }
    self = authority
  }

  /// Reads `host:port`; without `defaultPort` the port is required. Throws 400 with a reason that a message can quote.
  package init(parsing text: some StringProtocol, defaultPort: UInt16? = nil) throws(HTTPError) {
    let text = String(text)
    let hostEnd: String.Index
    if text.hasPrefix("[") {
      guard let bracket = text.firstIndex(of: "]") else { throw .malformed("\"\(text)\" has no closing bracket") }
      host = String(text[text.index(after: text.startIndex)..<bracket])
      guard Self.isIPv6(host) else { throw .malformed("\"\(host)\" is no IPv6 address") }
      hostEnd = text.index(after: bracket)
    } else {
      hostEnd = text.firstIndex(of: ":") ?? text.endIndex
      host = String(text[..<hostEnd])
      if text[hostEnd...].dropFirst().contains(":") {
        throw .malformed("an IPv6 address stands in brackets, as in [::1]:80; \"\(text)\" has none")
      }
      guard !host.isEmpty else { throw .malformed("\"\(text)\" has no host; 0.0.0.0 stands for every address") }
      guard host.utf8.count <= 255, host.utf8.allSatisfy(Self.isNameByte) else {
        throw .malformed("\"\(host)\" is no host name")
      }
    }
    port = try Self.port(text[hostEnd...], of: text, defaultPort)
  }

  /// With brackets around an IPv6 address.
  package var description: String { host.utf8.contains(Octet.colon) ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func port(
    _ rest: Substring, of text: String, _ defaultPort: UInt16?
  ) throws(HTTPError) -> UInt16 {
    if rest.isEmpty, let defaultPort { return defaultPort }
    guard !rest.isEmpty else { throw .malformed("\"\(text)\" has no port; write HOST:PORT") }
    let digits = rest.dropFirst()
    guard rest.first == ":", !digits.isEmpty, digits.utf8.allSatisfy(Octet.isDigit) else {
      throw .malformed("\"\(rest)\" is no port; write HOST:PORT")
    }
    guard let port = UInt16(digits) else { throw .malformed("\(digits) is no port; ports go from 0 to 65535") }
    return port
  }

  /// Whether the host is an IP address: of IPv4 four numbers with dots, the only form that browsers send.
  package var hostIsAddress: Bool { host.utf8.contains(Octet.colon) || Self.isIPv4(Array(host.utf8)[...]) }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    Octet.isLetter(byte) || Octet.isDigit(byte) || "-._~".utf8.contains(byte)
  }

  /// RFC 4291, section 2.2: eight groups, or fewer around one `::`; the last two may be an IPv4 address. A zone may
  /// follow `%`.
  private static func isIPv6(_ text: String) -> Bool {
    let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2, parts[1].isEmpty || !parts[1].utf8.allSatisfy(isNameByte) { return false }
    let address = Array(parts[0].utf8)
    guard let gap = doubleColon(address) else { return groups(address[...], endsAddress: true) == 8 }
    guard doubleColon(address[(gap + 1)...]) == nil else { return false }
    let before = gap == 0 ? 0 : groups(address[..<gap], endsAddress: false)
    let after = gap + 2 == address.count ? 0 : groups(address[(gap + 2)...], endsAddress: true)
    guard let before, let after else { return false }
    return before + after <= 7
  }

  private static func doubleColon(_ address: some Collection<UInt8>) -> Int? {
    var previous: UInt8 = 0
    for (step, byte) in address.enumerated() {
      if byte == Octet.colon, previous == Octet.colon { return step - 1 }
      previous = byte
    }
    return nil
  }

  /// How many groups of 16 bits the text stands for; nil when it is malformed.
  private static func groups(_ text: ArraySlice<UInt8>, endsAddress: Bool) -> Int? {
    let parts = text.split(separator: Octet.colon, omittingEmptySubsequences: false)
    var count = 0
    for (place, part) in parts.enumerated() {
      if endsAddress, place == parts.count - 1, part.contains(Octet.dot) {
        guard isIPv4(part) else { return nil }
        count += 2
      } else {
        guard (1...4).contains(part.count), part.allSatisfy({ Octet.hexValue($0) != nil }) else { return nil }
        count += 1
      }
    }
    return count
  }

  private static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
    let parts = text.split(separator: Octet.dot, omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy {
        (1...3).contains($0.count) && $0.allSatisfy(Octet.isDigit) && UInt8(String(decoding: $0, as: UTF8.self)) != nil
      }
  }
}
