/// Bytes that arrived and that nobody wants yet. Dropping some from the front moves the others only once most are gone:
/// a peer that sends many small messages at once costs no more than one that sends them singly.
struct HeldInput {
  private(set) var bytes: [UInt8] = []
  private var start = 0

  var isEmpty: Bool { start == bytes.count }

  /// Where in `bytes` they lie.
  var range: Range<Int> { start..<bytes.count }

  mutating func append(_ more: Span<UInt8>) {
    more.withUnsafeBufferPointer { bytes.append(contentsOf: $0) }  // Guarded by: copied within the call.
  }

  mutating func drop(_ count: Int) {
    start += count
    if start == bytes.count {
      bytes = []
      start = 0
    } else if start > bytes.count / 2 {
      bytes.removeFirst(start)
      start = 0
    }
  }
}
