import CLinux
import Glibc

/// What a connection tells its owner, on the loop's thread.
package protocol TCPConnectionDelegate: AnyObject {
  /// Bytes arrived. They live in the loop's receive buffer until the call returns: keep a copy of what is left over.
  func connection(_ connection: TCPConnection, received bytes: Span<UInt8>)
  /// What was queued has gone below the low mark after `isCongested`.
  func connectionDrained(_ connection: TCPConnection)
  /// The peer sends no more (`error` nil), or the connection broke. Called at most once. After a plain end the other
  /// direction still works until `close()`.
  func connection(_ connection: TCPConnection, endedWith error: LoopError?)
}

/// A TCP stream on a loop: reads are pushed to the delegate, writes are queued and sent once a turn.
///
/// The loop keeps it alive until it is closed, and it its delegate: an owner that lets go of one must close it. (Weak
/// references would make every retain of either take the slow path, several times a message.)
/// Guarded by: the loop's thread; each entry asserts it.
package final class TCPConnection: @unchecked Sendable {
  private enum State {
    case open
    /// The queue is still to be sent; then this side says so and waits a moment for the peer to close.
    case closing
    case lingering
    case closed
  }

  package let loop: EventLoop
  package let peer: SocketAddress
  /// Its owner, kept alive until the connection is closed.
  package var delegate: (any TCPConnectionDelegate)?
  let descriptor: Int32
  private var state = State.open
  private var watch: Watch?
  private var interest: Readiness = []
  /// Since `stopReading()`.
  private var ignoresEnd = false
  private var hasEnded = false
  // Unchecked: what fills it is handed nothing that could come back here.
  @exclusivity(unchecked) private var output: [UInt8] = []
  private var outputStart = 0
  private var flushIsDue = false
  private var wasCongested = false
  /// Of a connection that closes; it also keeps it alive, whose owner may have let go.
  private var closingTimer: LoopTimer?
  private var flushed: (() -> Void)?
  /// Where it may linger, and whence it has its place while it does; nil asks nobody.
  private var lingerPlaces: LingerPlaces?
  /// Bytes that the kernel has taken so far.
  package private(set) var sentBytes = 0

  /// Takes over a connected descriptor. Nothing is read before `startReading()`.
  init(loop: EventLoop, descriptor: Int32, peer: SocketAddress) throws(LoopError) {
    (self.loop, self.descriptor, self.peer) = (loop, descriptor, peer)
    // Answers are written whole, once a turn: waiting for more to fill a segment only costs the peer time.
    Socket.set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    // A machine that vanishes says nothing: without these an answer that waits would hold its connection for ever.
    Socket.keepAlive(descriptor)
    do throws(LoopError) {
      watch = try loop.watch(descriptor, []) { [self] in handle($0) }
    } catch {
      state = .closed  // The descriptor stays the caller's, to close once.
      throw error
    }
  }

  deinit {
    guard state != .closed else { return }
    // In this order and on the loop: a number that is closed first may be another's when it is taken out of the epoll.
    let end = { @Sendable [descriptor, watch] in
      watch?.cancel()
      Glibc.close(descriptor)
    }
    if loop.isCurrent { end() } else { loop.execute { _ = end() } }
  }

  /// Connects on `loop`; `completion` is called once, within `timeout`.
  package static func connect(
    to address: SocketAddress, on loop: EventLoop, timeout: Duration,
    completion: @escaping (Result<TCPConnection, LoopError>) -> Void
  ) {
    TCPConnector.start(address, loop, timeout, completion)
  }

  package var localAddress: SocketAddress? { try? Socket.localAddress(descriptor) }

  // MARK: Reading

  package func startReading() {
    ignoresEnd = false
    setInterest([.read, .peerClosed], true)
  }

  /// Back-pressure: the kernel's buffer fills and the peer is slowed down. Its going away is still noticed.
  package func pauseReading() { setInterest(.read, false) }

  /// As `pauseReading()`, and the peer's going away is not noticed either, unless something is still to be written: for
  /// an owner who wants all that it has sent before, at some later time.
  package func stopReading() {
    ignoresEnd = true
    setInterest([.read, .peerClosed], false)
  }

  private func handle(_ readiness: Readiness) {
    if ignoresEnd, interest.isEmpty, state == .open {
      // An end cannot be masked: it would wake the loop for ever.
      watch?.cancel()
      watch = nil
      return
    }
    if readiness.contains(.write) { flush() }
    if state == .lingering { return dropInput() }
    guard state == .open else {
      if !readiness.isDisjoint(with: .failed) { close() }
      return
    }
    if interest.contains(.read), !readiness.isDisjoint(with: [.read, .peerClosed, .failed]) {
      read()
    } else if !readiness.isDisjoint(with: .failed) {
      end(with: LoopError(errno: Socket.pendingError(descriptor), "connection with \(peer)"))
    } else if readiness.contains(.peerClosed), !interest.contains(.read) {
      // Unread bytes may still wait in the kernel; who has paused reading learns only that no more will come.
      setInterest(.peerClosed, false)
      end(with: nil)
    }
  }

  private func read() {
    for _ in 0..<LoopLimits.readsPerEvent {
      let count = recv(descriptor, loop.scratch.baseAddress, loop.scratch.count, 0)
      if count > 0 {
        delegate?.connection(self, received: Span(_unsafeElements: UnsafeBufferPointer(loop.scratch)[..<count]))
        guard state == .open, interest.contains(.read), count == loop.scratch.count else { return }
      } else if count == 0 {
        setInterest([.read, .peerClosed], false)
        end(with: nil)
        return
      } else {
        switch errno {
        case EAGAIN: return
        case EINTR: continue
        default:
          end(with: LoopError(errno: errno, "read from \(peer)"))
          return
        }
      }
    }
  }

  // MARK: Writing

  /// Bytes written but not yet taken by the kernel.
  package var queuedBytes: Int { output.count - outputStart }
  /// Whether the owner should wait for `connectionDrained` before it writes more.
  package var isCongested: Bool { queuedBytes > LoopLimits.congestedBytes }

  package func write(_ bytes: [UInt8]) {
    write { $0.append(contentsOf: bytes) }
  }

  /// Writes straight into the queue, which is sent when this turn ends. Ignored once the connection closes.
  package func write(_ body: (inout [UInt8]) -> Void) {
    loop.assertCurrent()
    guard state == .open else { return }
    body(&output)
    if isCongested { wasCongested = true }
    flushSoon()
  }

  private func flushSoon() {
    guard !flushIsDue else { return }
    flushIsDue = true
    loop.flushAtTurnEnd(self)
  }

  func flush() {
    flushIsDue = false
    guard state != .closed else { return }
    while queuedBytes > 0 {
      let count = output.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + outputStart, queuedBytes, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        outputStart += count
        sentBytes += count
      } else if errno == EAGAIN {
        break
      } else if errno != EINTR {
        return writeFailed(LoopError(errno: errno, "write to \(peer)"))
      }
    }
    afterFlush()
  }

  /// A peer that takes no more may have said why: what it sent before is read first.
  private func writeFailed(_ error: LoopError) {
    if state == .open, interest.contains(.read) { read() }
    if state != .closed { end(with: error) }
  }

  private func afterFlush() {
    if queuedBytes == 0 {
      // A burst's buffer is given back; a usual answer's is kept for the next one.
      output.removeAll(keepingCapacity: output.capacity <= LoopLimits.drainedBytes)
      outputStart = 0
      setInterest(.write, false)
      if case .closing = state { return waitForPeer() }
    } else {
      if outputStart > output.count / 2 {
        output.removeFirst(outputStart)
        outputStart = 0
      }
      setInterest(.write, true)
    }
    if wasCongested, queuedBytes <= LoopLimits.drainedBytes, state == .open {
      wasCongested = false
      delegate?.connectionDrained(self)
    }
  }

  // MARK: Ending

  /// Sends what is queued, then closes; a peer that takes nothing of it for a while is cut off. The delegate is told
  /// nothing more. What the peer still sends is read and dropped for a moment, because closing on unread bytes is a
  /// reset, which can destroy the answer before the peer has read it.
  ///
  /// - Parameters:
  ///   - places: where it takes a place for that moment; without one it closes at once.
  ///   - flushed: called once, when the kernel has taken everything or the connection broke first.
  package func closeAfterFlush(lingeringIn places: LingerPlaces? = nil, flushed: (() -> Void)? = nil) {
    loop.assertCurrent()
    guard state == .open else {
      flushed?()
      return
    }
    state = .closing
    delegate = nil
    self.flushed = flushed
    lingerPlaces = places
    setInterest([.read, .peerClosed], false)
    watchProgress()
    flushSoon()
  }

  private func watchProgress() {
    let sent = sentBytes
    closingTimer = loop.schedule(after: LoopLimits.closingStall) { [self] in
      if sentBytes == sent { close() } else { watchProgress() }
    }
  }

  private func waitForPeer() {
    guard lingerPlaces?.take() ?? true else { return close() }
    state = .lingering
    tellFlushed()
    shutdown(descriptor, Int32(SHUT_WR))
    setInterest(.read, true)
    closingTimer?.cancel()
    closingTimer = loop.schedule(after: LoopLimits.linger) { [self] in close() }
  }

  private func tellFlushed() {
    let flushed = self.flushed
    self.flushed = nil
    flushed?()
  }

  private func dropInput() {
    for _ in 0..<LoopLimits.readsPerEvent {
      let count = recv(descriptor, loop.scratch.baseAddress, loop.scratch.count, 0)
      if count > 0 { continue }
      if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
      return
    }
  }

  /// Closes at once; what is queued is lost. The delegate is not told.
  package func close() {
    guard state != .closed else { return }
    loop.assertCurrent()
    if state == .lingering { lingerPlaces?.giveBack() }
    state = .closed
    watch?.cancel()
    watch = nil
    Glibc.close(descriptor)
    output = []
    outputStart = 0
    closingTimer?.cancel()
    closingTimer = nil
    delegate = nil
    tellFlushed()
  }

  package var isOpen: Bool { state == .open }

  private func end(with error: LoopError?) {
    let delegate = self.delegate
    if error != nil { close() }
    guard !hasEnded else { return }
    hasEnded = true
    delegate?.connection(self, endedWith: error)
  }

  private func setInterest(_ readiness: Readiness, _ isWanted: Bool) {
    loop.assertCurrent()
    let wanted = isWanted ? interest.union(readiness) : interest.subtracting(readiness)
    guard wanted != interest || watch == nil else { return }
    interest = wanted
    if let watch { return watch.update(interest) }
    guard state != .closed, !interest.isEmpty else { return }
    watchAgain()
  }

  private func watchAgain() {
    do throws(LoopError) {
      watch = try loop.watch(descriptor, interest) { [self] in handle($0) }
    } catch {
      // Not from within the owner's call.
      loop.execute { [self] in end(with: error) }
    }
  }
}
