/// How much of a message is read before it is refused, each with the status that says so.
package struct HTTPLimits: Sendable, Equatable {
  /// Bytes of a request line or status line without its line end. Beyond: 414.
  package var startLineBytes = 8 * 1024
  /// Bytes of all header lines of one message together. Beyond: 431.
  package var headerBlockBytes = 64 * 1024
  /// Header lines of one message. Beyond: 431.
  package var headerFields = 128
  /// Bytes of a chunk's size and extensions. Beyond: 400.
  package var chunkLineBytes = 256
  /// Bytes of all trailer lines together. Beyond: 431.
  package var trailerBlockBytes = 8 * 1024
  /// Trailer lines. Beyond: 431.
  package var trailerFields = 32
  /// Bytes of a body, however it is framed. Beyond: 413. Unlimited by default, because a stream may be as long as it
  /// likes: who collects a body has a limit of its own.
  package var bodyBytes = Int.max
  /// Empty lines before a request line, which old clients send after a body. Beyond: 400.
  package var blankLines = 8

  package init() {}

  package static let standard = HTTPLimits()

  /// The limits of a block of field lines.
  struct Fields {
    let bytes: Int
    let count: Int
  }

  var headFields: Fields { Fields(bytes: headerBlockBytes, count: headerFields) }
  var trailingFields: Fields { Fields(bytes: trailerBlockBytes, count: trailerFields) }
}
