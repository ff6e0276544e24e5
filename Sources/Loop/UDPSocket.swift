import CLinux
import Glibc

/// A bound datagram socket on a loop.
package final class UDPSocket: @unchecked Sendable {
  // Guarded by: the loop's thread; each entry asserts it.
  package let loop: EventLoop
  package let localAddress: SocketAddress
  private let descriptor: Int32
  private var watch: Watch?
  /// Datagrams that the kernel would not take: its buffer was full, or the way was cut. Gossip repeats itself.
  package private(set) var unsent = 0

  /// - Parameter received: called on the loop for each datagram; the bytes live until the call returns.
  package init(
    loop: EventLoop, address: SocketAddress, received: @escaping (Span<UInt8>, SocketAddress) -> Void
  ) throws(LoopError) {
    loop.assertCurrent()
    let descriptor = try Socket.open(address, stream: false)
    // As much as the kernel grants: a burst shall wait here rather than push out what comes with it.
    Socket.set(descriptor, SOL_SOCKET, SO_RCVBUF, LoopLimits.datagramBufferBytes)
    try Socket.bind(descriptor, to: address)
    (self.loop, self.descriptor) = (loop, descriptor)
    do throws(LoopError) {
      localAddress = try Socket.localAddress(descriptor)
      watch = try loop.watch(descriptor, .read) { [weak self] _ in self?.receive(received) }
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  package func send(_ bytes: [UInt8], to address: SocketAddress) {
    loop.assertCurrent()
    guard watch != nil else { return }
    let count = bytes.withUnsafeBytes { bytes in
      address.withSockAddr { sendto(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL), $0, $1) }
    }
    if count < 0 { unsent += 1 }
  }

  /// Datagrams that the kernel dropped because its buffer was full; 0 where it does not say.
  package var overflow: Int {
    loop.assertCurrent()
    return watch == nil ? 0 : Socket.droppedDatagrams(descriptor)
  }

  package func close() {
    guard let watch else { return }
    watch.cancel()
    self.watch = nil
    Glibc.close(descriptor)
  }

  private func receive(_ received: (Span<UInt8>, SocketAddress) -> Void) {
    for _ in 0..<LoopLimits.datagramsPerEvent {
      let buffer = loop.scratch
      let (count, source) = SocketAddress.read {
        Int32(recvfrom(descriptor, buffer.baseAddress, buffer.count, 0, $0, $1))
      }
      // ECONNREFUSED and its kin report an earlier send's fate; the socket itself is well.
      if count < 0 { if errno == EAGAIN { return } else { continue } }
      guard let source else { continue }
      received(Span(_unsafeElements: UnsafeBufferPointer(buffer)[..<Int(count)]), source)
      if watch == nil { return }
    }
  }
}
