import Glibc

/// The reading end of a pipe on a loop: bytes are pushed as they come.
///
/// Guarded by: the loop's thread; each entry asserts it.
final class PipeReader: @unchecked Sendable {
  private let loop: EventLoop
  private let descriptor: Int32
  private var watch: Watch?
  /// The bytes live in the loop's receive buffer until the call returns.
  private let received: (Span<UInt8>) -> Void
  private let ended: () -> Void

  /// Takes the descriptor over, which does not block; where this throws it stays the caller's.
  ///
  /// - Parameter ended: called once, when nobody has the writing end any more.
  init(
    _ descriptor: Int32, on loop: EventLoop, received: @escaping (Span<UInt8>) -> Void, ended: @escaping () -> Void
  ) throws(LoopError) {
    (self.loop, self.descriptor, self.received, self.ended) = (loop, descriptor, received, ended)
    watch = try loop.watch(descriptor, .read) { [weak self] _ in self?.read(times: LoopLimits.pipeReadsPerEvent) }
  }

  var isOpen: Bool { watch != nil }

  /// Reads what is there and closes: for a pipe whose writer has ended, while somebody else may have it open still.
  func finish() {
    read(times: LoopLimits.readsAtEnd)
    close()
  }

  func close() {
    guard let watch else { return }
    watch.cancel()
    self.watch = nil
    Glibc.close(descriptor)
  }

  private func read(times: Int) {
    loop.assertCurrent()
    for _ in 0..<times where isOpen {
      let count = Glibc.read(descriptor, loop.scratch.baseAddress, loop.scratch.count)
      if count > 0 {
        received(Span(_unsafeElements: UnsafeBufferPointer(loop.scratch)[..<count]))
      } else if count < 0 && errno == EINTR {
        continue
      } else if count < 0 && errno == EAGAIN {
        return
      } else {
        close()
        return ended()
      }
    }
  }
}
