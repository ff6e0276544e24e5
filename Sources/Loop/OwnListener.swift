import CLinux
import Glibc

/// Accepts one connection that this process makes to itself: for a library that insists on dialling what it talks to.
///
/// A local socket under a name that the kernel makes up (unix(7), "autobind"); connections of other processes are shut
/// at once. Guarded by: the loop's thread; each entry asserts it.
package final class OwnListener: @unchecked Sendable {
  private let loop: EventLoop
  private let descriptor: Int32
  private var watch: Watch?
  private let accepted: (Result<TCPConnection, LoopError>) -> Void
  /// In the kernel's form, to dial with a local stream socket.
  package let address: [UInt8]

  /// - Throws: `exhausted`.
  package init(
    on loop: EventLoop, accepted: @escaping (Result<TCPConnection, LoopError>) -> Void
  ) throws(LoopError) {
    loop.assertCurrent()
    descriptor = try Self.open()
    (self.loop, self.accepted) = (loop, accepted)
    do throws(LoopError) {
      address = try Self.bind(descriptor)
      watch = try loop.watch(descriptor, .read) { [unowned self] _ in accept() }
    } catch {
      Glibc.close(descriptor)
      throw error
    }
  }

  /// A local stream socket to dial with; -1 with `errno` where there is none to be had.
  package static func openDialler() -> Int32 {
    socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
  }

  /// Nothing is accepted any more.
  package func close() {
    loop.assertCurrent()
    guard let watch else { return }
    watch.cancel()
    self.watch = nil
    Glibc.close(descriptor)
  }

  private static func open() throws(LoopError) -> Int32 {
    let descriptor = openDialler()
    guard descriptor >= 0 else { throw LoopError(errno: errno, "open a local socket") }
    return descriptor
  }

  private static func bind(_ descriptor: Int32) throws(LoopError) -> [UInt8] {
    var family = sa_family_t(AF_UNIX)
    let isBound = withUnsafePointer(to: &family) {
      // The family alone asks for a name of the kernel's choice.
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sa_family_t>.size)) == 0 && listen(descriptor, 1) == 0
      }
    }
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let isNamed = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
    }
    guard isBound, isNamed else { throw LoopError(errno: errno, "bind a local socket") }
    return withUnsafeBytes(of: &storage) { Array($0.prefix(Int(length))) }
  }

  private func accept() {
    let connected = shim_accept(descriptor, nil, nil)
    guard connected >= 0 else {
      if errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM {
        finish(.failure(LoopError(errno: errno, "accept on a local socket")))
      }
      return
    }
    guard shim_peer_process(connected) == getpid() else {
      Glibc.close(connected)
      return
    }
    do throws(LoopError) {
      // A local peer has no address of the kind.
      let nowhere = SocketAddress(ipBytes: [0, 0, 0, 0], port: 0)!
      finish(.success(try TCPConnection(loop: loop, descriptor: connected, peer: nowhere)))
    } catch {
      Glibc.close(connected)
      finish(.failure(error))
    }
  }

  private func finish(_ result: Result<TCPConnection, LoopError>) {
    close()
    accepted(result)
  }
}
