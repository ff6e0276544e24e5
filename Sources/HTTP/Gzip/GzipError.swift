/// Why bytes are no gzip, and where.
package struct GzipError: Error, Equatable, Sendable, CustomStringConvertible {
  package enum Cause: Error, Equatable, Sendable {
    /// Neither 1f 8b nor the end stands where a member begins.
    case noMember(isFirst: Bool)
    case method(UInt8)
    case reservedFlags
    case longHeader
    case headerChecksum
    case checksum
    case length
    /// The input ends in the middle of a member.
    case torn
    /// The compressed data itself is no such data.
    case data(InflateFlaw)
  }

  package let cause: Cause
  /// Of the compressed bytes, from 0: at or shortly before it the fault was seen.
  package let offset: Int

  init(_ cause: Cause, at offset: Int) { (self.cause, self.offset) = (cause, offset) }

  package var description: String { "\(cause.text), at byte \(offset)" }
}

extension GzipError.Cause {
  var text: String {
    switch self {
    case .noMember(isFirst: true): "it does not begin with the mark of gzip, 1f 8b"
    case .noMember(isFirst: false): "something follows the end of the gzip data that is no gzip"
    case .method(let method): "its compression method is \(method), and 8 (deflate) alone is known"
    case .reservedFlags: "a flag of the header is set that no version of gzip knows"
    case .longHeader: "the header is longer than \(GzipReader.headerBytes) bytes"
    case .headerChecksum: "the header's checksum is another one"
    case .checksum: "the checksum (CRC-32) of what it holds is another one"
    case .length: "what it holds has another length than it says"
    case .torn: "it breaks off"
    case .data(let flaw): flaw.text
    }
  }
}

/// What makes data no DEFLATE data.
package enum InflateFlaw: Error, Equatable, Sendable {
  case blockType
  /// A stored block's length and its complement differ.
  case storedLength
  /// More codes than the alphabet has.
  case tooManyCodes
  /// More codes of some length than there is room for, or fewer than needed.
  case badCode
  /// A length is to be repeated before there is one, or beyond the last.
  case badRepeat
  /// A block that cannot end.
  case noEnd
  case symbol
  /// A copy of what lies before the beginning, or too far back.
  case distance

  var text: String {
    switch self {
    case .blockType: "a block has the type 3, which is none"
    case .storedLength: "a stored block's length does not match its complement"
    case .tooManyCodes: "a block has more codes than there are symbols"
    case .badCode: "a block's codes are no prefix code"
    case .badRepeat: "a block repeats a code length where none can be"
    case .noEnd: "a block has no code for its end"
    case .symbol: "a code means nothing"
    case .distance: "it copies from before its beginning"
    }
  }
}
