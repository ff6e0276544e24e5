/// What was decoded: the last 32 KiB, from which is copied, and behind them what is to be handed out.
struct InflateWindow {
  /// The furthest copy: RFC 1951, section 3.2.5.
  static let historyBytes = 32 << 10
  static let pieceBytes = 64 << 10
  /// What one step of decoding may write: a run of literals as long as the bit queue, the longest copy, and what a copy
  /// by eight bytes writes too much.
  static let stepBytes = 64 + 258 + 8
  /// From here on there is no room for a step.
  static let fullBytes = historyBytes + pieceBytes - stepBytes

  /// Always `historyBytes + pieceBytes` long.
  var bytes = [UInt8](repeating: 0, count: historyBytes + pieceBytes)
  /// Where the member begins, as far as it is still there.
  private(set) var start = historyBytes
  /// Up to here it was handed out.
  private(set) var given = historyBytes
  var end = historyBytes

  var isFull: Bool { end > Self.fullBytes }

  /// Begins a member: nothing before it can be copied.
  mutating func begin() { start = end }

  /// What was decoded since the last piece; nil for nothing.
  mutating func piece(_ checksum: inout GzipChecksum) -> [UInt8]? {
    guard given < end else { return nil }
    let piece = Array(bytes[given..<end])
    piece.withUnsafeBytes { checksum.take($0) }
    given = end
    if isFull { slide() }
    return piece
  }

  private mutating func slide() {
    let shift = end - Self.historyBytes
    bytes.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[shift..<end])) }
    start = max(0, start - shift)
    (given, end) = (Self.historyBytes, Self.historyBytes)
  }
}
