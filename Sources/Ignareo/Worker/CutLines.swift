/// Cuts what a process says into lines of a bounded length, whatever pieces it comes in; the rest of a longer one is
/// dropped. Empty lines are left out, a carriage return before the line break is taken off.
struct CutLines {
  private let limit: Int
  private var line: [UInt8] = []
  private var isCut = false

  /// - Parameter limit: bytes of a line that are kept.
  init(limit: Int) { self.limit = limit }

  mutating func take(_ bytes: Span<UInt8>, _ body: (String) -> Void) {
    var start = 0
    for place in bytes.indices where bytes[place] == 0x0a {
      append(bytes.extracting(start..<place))
      finish(body)
      start = place + 1
    }
    append(bytes.extracting(start..<bytes.count))
  }

  /// Gives the last line, which may lack its line break.
  mutating func finish(_ body: (String) -> Void) {
    if line.last == 0x0d { line.removeLast() }
    if !line.isEmpty { body(String(decoding: line, as: UTF8.self) + (isCut ? "…" : "")) }
    line.removeAll(keepingCapacity: true)
    isCut = false
  }

  private mutating func append(_ piece: Span<UInt8>) {
    let room = limit - line.count
    if piece.count > room { isCut = true }
    piece.extracting(first: min(room, piece.count)).withUnsafeBufferPointer { line.append(contentsOf: $0) }
  }
}
