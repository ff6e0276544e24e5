import Glibc

@testable import Loop

extension TCPConnection {
  /// Closes so that the peer is told at once that nothing of what it sends is read.
  func reset() {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    close()
  }
}
