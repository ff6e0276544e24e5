/// Why bytes are no message, and where.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: Hashable, Sendable {
    /// More bytes are needed. On a stream this means: wait; elsewhere it is an error.
    case truncated
    case empty
    /// A member's state without a name.
    case nameless
    case unknownType(UInt8)
    /// A type that exists, but not here: an alive on a stream, a checksum within a compound.
    case misplacedType(UInt8)
    case notAMap
    case wrongKind(UInt8)
    case outOfRange
    case badText
    case badLength
    case badChecksum
    case unknownCompression
    case badCompression
    case emptyExpansion
    case tooLarge
    case tooDeep
    case emptyPart
    case badLabel
    case badPadding
    case unknownEncryptionVersion(UInt8)
  }

  package let code: Code
  /// Counted from the first byte of the innermost layer that was being read (after decryption and expansion).
  package let offset: Int

  package init(_ code: Code, at offset: Int) {
    self.code = code
    self.offset = offset
  }

  package var description: String { "\(reason), at byte \(offset)" }

  private var reason: String {
    switch code {
    case .truncated: "the message ends too early"
    case .empty: "nothing there"
    case .nameless: "a member has no name"
    case .unknownType(let type): "no message has type \(type)"
    case .misplacedType(let type): "a message of type \(type) does not belong here"
    case .notAMap: "a message's body must be a msgpack map or array"
    case .wrongKind(let byte): "a msgpack value of another kind was expected than 0x" + String(byte, radix: 16)
    case .outOfRange: "a number is too large for its field"
    case .badText: "a text is not UTF-8"
    case .badLength: "a field has an impossible number of bytes"
    case .badChecksum: "the checksum does not match"
    case .unknownCompression: "the compression is not LZW"
    case .badCompression: "the compressed bytes are damaged"
    case .emptyExpansion: "the compressed bytes expand to nothing"
    case .tooLarge: "a limit on size is exceeded"
    case .tooDeep: "the message is nested too deeply"
    case .emptyPart: "a part of a compound is empty"
    case .badLabel: "the label's header is malformed"
    case .badPadding: "the padding after decryption is malformed"
    case .unknownEncryptionVersion(let version): "encryption version \(version) is not known"
    }
  }
}
