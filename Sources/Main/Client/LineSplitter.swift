/// Takes a stream of bytes apart into lines, whatever pieces it comes in.
struct LineSplitter {
  private var pending: [UInt8] = []

  /// Calls `body` with each whole line, its line break taken off; the rest waits for the next piece.
  mutating func feed<Failure: Error>(
    _ piece: [UInt8], _ body: (ArraySlice<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    var start = piece.startIndex
    while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
      if pending.isEmpty {
        try body(piece[start..<end])
      } else {
        pending += piece[start..<end]
        let line = pending
        pending.removeAll(keepingCapacity: true)
        try body(line[...])
      }
      start = end + 1
    }
    pending += piece[start...]
  }
}
