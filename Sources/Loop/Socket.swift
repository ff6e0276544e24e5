import CLinux
import Glibc

/// Opens and prepares kernel sockets: non-blocking, closed on exec.
enum Socket {
  static func open(_ address: SocketAddress, stream: Bool) throws(LoopError) -> Int32 {
    let kind = Int32(stream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.family, kind | flags, 0)
    guard descriptor >= 0 else { throw LoopError(errno: errno, "open a socket for \(address)") }
    return descriptor
  }

  /// Binds, and closes the descriptor again where that fails.
  static func bind(_ descriptor: Int32, to address: SocketAddress) throws(LoopError) {
    if address.isIPv6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
    guard address.withSockAddr({ Glibc.bind(descriptor, $0, $1) }) == 0 else {
      let reason = errno
      close(descriptor)
      throw LoopError(errno: reason, "bind \(address)")
    }
  }

  static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// The kernel's count for a socket of what its full buffer dropped (`SO_MEMINFO`, Linux 4.12); 0 where it has none.
  static func droppedDatagrams(_ descriptor: Int32) -> Int {
    let (option, place): (Int32, Int) = (55, 8)
    var figures = [UInt32](repeating: 0, count: place + 1)
    var length = socklen_t(MemoryLayout<UInt32>.stride * figures.count)
    let isKnown = getsockopt(descriptor, SOL_SOCKET, option, &figures, &length) == 0
    return isKnown ? Int(figures[place]) : 0
  }

  /// Asks the peer's machine after a minute of silence whether it is still there, and gives up after another.
  static func keepAlive(_ descriptor: Int32) {
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
    set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
  }

  static func localAddress(_ descriptor: Int32) throws(LoopError) -> SocketAddress {
    guard let address = SocketAddress.read({ getsockname(descriptor, $0, $1) }).address else {
      throw LoopError(errno: errno, "getsockname")
    }
    return address
  }

  /// The error that the kernel keeps for an asynchronous `connect`; 0 when it succeeded.
  static func pendingError(_ descriptor: Int32) -> Int32 {
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno
  }
}
