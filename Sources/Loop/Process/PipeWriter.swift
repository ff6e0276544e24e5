import CLinux
import Glibc

/// The writing end of a pipe on a loop: what is written is queued and sent once a turn.
///
/// Guarded by: the loop's thread; each entry asserts it.
final class PipeWriter: @unchecked Sendable {
  private enum State {
    case open
    /// To be closed when the queue is empty.
    case closing
    case closed
  }

  private let loop: EventLoop
  private let descriptor: Int32
  private var state = State.open
  private var watch: Watch?
  private var queue: [UInt8] = []
  private var queueStart = 0
  private var flushIsDue = false
  private var wasCongested = false
  /// All that was ever written here, in bytes.
  private(set) var writtenBytes = 0
  private let drained: () -> Void
  private let broken: () -> Void

  /// Takes the descriptor over, which does not block; where this throws it stays the caller's.
  ///
  /// - Parameters:
  ///   - drained: called when what is queued has gone below the low mark after `isCongested`.
  ///   - broken: called once, when nobody has the reading end any more.
  init(
    _ descriptor: Int32, on loop: EventLoop, drained: @escaping () -> Void, broken: @escaping () -> Void
  ) throws(LoopError) {
    (self.loop, self.descriptor, self.drained, self.broken) = (loop, descriptor, drained, broken)
    Self.blockBrokenPipeSignal()
    // Without a wish to write, the kernel still tells of the end of the last reader.
    watch = try loop.watch(descriptor, []) { [weak self] in self?.handle($0) }
  }

  /// Bytes written but not yet taken by the kernel.
  var queuedBytes: Int { queue.count - queueStart }
  var isCongested: Bool { queuedBytes > LoopLimits.congestedPipeBytes }

  /// Ignored once the pipe closes. What is written to a broken one stays in the queue.
  func write(_ body: (inout [UInt8]) -> Void) {
    loop.assertCurrent()
    guard state == .open else { return }
    let before = queue.count
    body(&queue)
    writtenBytes += queue.count - before
    if isCongested { wasCongested = true }
    flushSoon()
  }

  /// The reader finds the end behind what is queued.
  func closeAfterFlush() {
    loop.assertCurrent()
    guard state == .open else { return }
    state = .closing
    flushSoon()
  }

  /// Closes at once. The reader has ended or will: takes back what it has not read.
  ///
  /// - Returns: how many of the bytes that were written here nobody has read or will, the last ones.
  func takeBack() -> Int {
    let unread = state == .closed ? 0 : queuedBytes + unreadBytes()
    close()
    return unread
  }

  private func close() {
    loop.assertCurrent()
    guard state != .closed else { return }
    state = .closed
    watch?.cancel()
    watch = nil
    Glibc.close(descriptor)
    queue = []
    queueStart = 0
  }

  // MARK: Sending

  private func flushSoon() {
    guard !flushIsDue else { return }
    flushIsDue = true
    loop.execute { [weak self] in self?.flush() }
  }

  private func flush() {
    flushIsDue = false
    // A broken pipe keeps its queue, for `takeBack()`.
    guard watch != nil else { return }
    while queuedBytes > 0 {
      let count = queue.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + queueStart, queuedBytes) }
      if count >= 0 {
        queueStart += count
      } else if errno == EAGAIN {
        break
      } else if errno != EINTR {
        return fail()
      }
    }
    afterFlush()
  }

  private func afterFlush() {
    if queuedBytes == 0 {
      queue.removeAll(keepingCapacity: queue.capacity <= LoopLimits.congestedPipeBytes)
      queueStart = 0
      if state == .closing { return close() }
    } else if queueStart > queue.count / 2 {
      queue.removeFirst(queueStart)
      queueStart = 0
    }
    watch?.update(queuedBytes == 0 ? [] : .write)
    if wasCongested, queuedBytes <= LoopLimits.drainedPipeBytes, state == .open {
      wasCongested = false
      drained()
    }
  }

  private func handle(_ readiness: Readiness) {
    if !readiness.isDisjoint(with: .failed) { fail() } else if readiness.contains(.write) { flush() }
  }

  /// Nobody reads any more, or ever will. The pipe stays open for `takeBack()`, but is no more watched: the kernel
  /// would tell of this again and again.
  private func fail() {
    guard watch != nil else { return }
    watch?.cancel()
    watch = nil
    if state == .closing { return close() }
    broken()
  }

  /// Reads back through a reading end of our own: what is read here nobody else has read.
  private func unreadBytes() -> Int {
    let reader = open("/proc/self/fd/\(descriptor)", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    // Without that folder nobody knows: all of it may have been read.
    guard reader >= 0 else { return 0 }
    defer { Glibc.close(reader) }
    var unread = 0
    while true {
      let count = read(reader, loop.scratch.baseAddress, loop.scratch.count)
      if count > 0 { unread += count } else if count == 0 || errno != EINTR { return unread }
    }
  }

  /// A write to a pipe without a reader must be an error of that write, not the end of the program; `send` has a flag
  /// for that, pipes do not. Blocked for the loop's thread alone, whose writes send it to this thread alone.
  private static func blockBrokenPipeSignal() { Signals.block([SIGPIPE]) }
}
