/// A request body that is still being made: written in pieces, sent as the server takes them.
///
/// Guarded by: the loop of the client that sends it; the transfer asserts it.
package final class HTTPUpload: @unchecked Sendable {
  enum Piece: Equatable {
    case bytes(Int)
    case end
    /// Nothing is there yet.
    case later
  }

  /// nil: sent chunked.
  let byteCount: Int?
  private var queue: [UInt8] = []
  private var start = 0
  private var isFinished = false
  private var wasCongested = false
  weak var transfer: HTTPTransfer?
  /// Called when the queue has gone below its low mark after `isCongested`.
  package var onDrain: (() -> Void)?

  /// - Parameter byteCount: how much will be written in all, if that is known; a body that ends earlier breaks the
  ///   request off, and what goes beyond is not sent.
  package init(byteCount: Int? = nil) { self.byteCount = byteCount }

  /// Whether the writer should wait for `onDrain`.
  package var isCongested: Bool { queue.count - start > ClientLimits.uploadCongestedBytes }

  package func write(_ bytes: [UInt8]) {
    precondition(!isFinished, "write after finish")
    queue.append(contentsOf: bytes)
    if isCongested { wasCongested = true }
    transfer?.uploadHasMore()
  }

  package func finish() {
    isFinished = true
    transfer?.uploadHasMore()
  }

  func take(into space: UnsafeMutableRawBufferPointer) -> Piece {
    let count = min(space.count, queue.count - start)
    guard count > 0 else { return isFinished ? .end : .later }
    queue.withUnsafeBytes { space.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<start + count])) }
    start += count
    if start == queue.count {
      queue.removeAll(keepingCapacity: true)
      start = 0
    } else if start > queue.count / 2 {
      queue.removeFirst(start)
      start = 0
    }
    return .bytes(count)
  }

  /// Whether `onDrain` is due; asked outside of libcurl.
  var drainIsDue: Bool {
    guard wasCongested, queue.count - start <= ClientLimits.uploadDrainedBytes else { return false }
    wasCongested = false
    return true
  }
}
