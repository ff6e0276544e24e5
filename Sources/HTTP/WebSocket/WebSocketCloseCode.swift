/// Why a connection ends: RFC 6455, section 7.4, and its registry.
package struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  package let rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let normal = Self(rawValue: 1000)
  /// A server that shuts down, a page that is left.
  package static let goingAway = Self(rawValue: 1001)
  package static let protocolError = Self(rawValue: 1002)
  /// Binary where only text is understood.
  package static let unsupportedData = Self(rawValue: 1003)
  /// The peer's Close named no code.
  package static let none = Self(rawValue: 1005)
  /// The connection ended without a Close.
  package static let abnormal = Self(rawValue: 1006)
  /// Text that is not UTF-8.
  package static let invalidText = Self(rawValue: 1007)
  package static let policyViolation = Self(rawValue: 1008)
  package static let messageTooBig = Self(rawValue: 1009)
  package static let internalError = Self(rawValue: 1011)
  package static let tryAgainLater = Self(rawValue: 1013)

  /// May it stand in a Close frame? 1004 means nothing, 1005, 1006 and 1015 are for reporting alone, 1016 to 2999 are
  /// kept for what comes; 3000 to 4999 belong to libraries and applications.
  package var mayBeSent: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  package var description: String { String(rawValue) }
}
