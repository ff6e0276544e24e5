import CLinux
import Glibc

/// Accepts connections on one address and hands each to a closure on the loop.
package final class TCPListener: @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it.
  package let loop: EventLoop
  /// With the port that the kernel picked where 0 was asked for.
  package let localAddress: SocketAddress
  private let descriptor: Int32
  private var watch: Watch?
  private var pause: LoopTimer?
  private let accepted: (TCPConnection) -> Void

  /// - Throws: `addressInUse`, `badAddress`, `exhausted`.
  package init(
    loop: EventLoop, address: SocketAddress, accepted: @escaping (TCPConnection) -> Void
  ) throws(LoopError) {
    loop.assertCurrent()
    let descriptor = try Socket.open(address, stream: true)
    // A restarted process must get its port back while old connections linger in TIME_WAIT.
    Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    try Socket.bind(descriptor, to: address)
    guard listen(descriptor, LoopLimits.listenBacklog) == 0 else {
      let reason = errno
      Glibc.close(descriptor)
      throw LoopError(errno: reason, "listen on \(address)")
    }
    (self.loop, self.descriptor, self.accepted) = (loop, descriptor, accepted)
    do throws(LoopError) {
      localAddress = try Socket.localAddress(descriptor)
      watch = try loop.watch(descriptor, .read) { [weak self] _ in self?.accept() }
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  /// Frees the port; connections already accepted live on.
  package func close() {
    guard let watch else { return }
    watch.cancel()
    self.watch = nil
    pause?.cancel()
    Glibc.close(descriptor)
  }

  private func accept() {
    for _ in 0..<LoopLimits.acceptsPerEvent {
      let (connected, peer) = SocketAddress.read { shim_accept(descriptor, $0, $1) }
      if connected < 0 {
        switch errno {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: pauseAccepting()
        case EINTR, ECONNABORTED, EPROTO: continue
        default: break
        }
        return
      }
      guard let peer, let connection = try? TCPConnection(loop: loop, descriptor: connected, peer: peer) else {
        Glibc.close(connected)
        continue
      }
      accepted(connection)
      if watch == nil { return }
    }
  }

  /// Out of descriptors: the waiting connection stays in the kernel's queue, and the loop is not kept spinning on it.
  private func pauseAccepting() {
    watch?.update([])
    pause = loop.schedule(after: LoopLimits.acceptPause) { [weak self] in self?.watch?.update(.read) }
  }
}
