import CCurl
import CLinux
import Glibc
import Loop

/// libcurl's sockets as interests of the loop.
///
/// Between two transfers on a kept-alive connection libcurl takes its interest back and states it anew. A connection's
/// registration is therefore kept until an event comes that nobody wants: two system calls fewer a request, a third of
/// the whole. That is safe for the descriptors opened here alone, because libcurl says before it closes one of them, or
/// takes its interest back behind that (`wasGivenUp`); all others (the resolver's own pairs) it closes without a word,
/// and their registration ends with the interest.
/// Guarded by: the loop's thread; libcurl is entered nowhere else.
final class CurlSockets: @unchecked Sendable {
  private struct Socket {
    var watch: Watch?
    /// CURL_POLL_IN, OUT, INOUT; 0 for none.
    var wanted: Int32 = 0
    /// The same, of what the loop was told.
    var registered: Int32 = 0
    var kind = Kind.foreign
  }

  private enum Kind {
    /// Opened by libcurl, and closed by it without a word.
    case foreign
    case connection
    /// One end of a pair, which is no connection with a server.
    case relay
  }

  private let loop: EventLoop
  /// By descriptor.
  private var sockets: [Socket] = []
  /// Connections open now, idle ones included.
  private(set) var connections = 0
  /// Connections ever opened.
  private(set) var opened = 0
  /// A wanted descriptor is ready: the descriptor, and CURL_CSELECT bits.
  var ready: (Int32, Int32) -> Void = { _, _ in }
  /// The kernel has no room to watch a descriptor: the transfer that wants it would never hear of it.
  var failed: (EasyHandle, LoopError) -> Void = { _, _ in }
  /// The process has no descriptor left: whether one could be given back.
  var exhausted: () -> Bool = { false }

  init(loop: EventLoop) { self.loop = loop }

  /// Opens what libcurl is to connect: non-blocking, and closed in the programs that this one starts.
  /// -1 with `errno` where the process has no descriptor left.
  func open(_ address: curl_sockaddr) -> Int32 {
    let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    var descriptor = socket(address.family, address.socktype | flags, address.`protocol`)
    if descriptor < 0, errno == EMFILE, exhausted() {
      descriptor = socket(address.family, address.socktype | flags, address.`protocol`)
    }
    guard descriptor >= 0 else { return descriptor }
    reserve(descriptor)
    // Whatever had this number is closed, said or unsaid.
    if sockets[Int(descriptor)].kind == .connection { connections -= 1 }
    forget(descriptor)
    sockets[Int(descriptor)].kind = .connection
    connections += 1
    opened += 1
    return descriptor
  }

  func adopt(_ descriptor: Int32) {
    reserve(descriptor)
    sockets[Int(descriptor)] = Socket(kind: .relay)
  }

  func close(_ descriptor: Int32) -> Int32 {
    if Int(descriptor) < sockets.count {
      if sockets[Int(descriptor)].kind == .connection { connections -= 1 }
      forget(descriptor)
    }
    return Glibc.close(descriptor)
  }

  func close() {
    for index in sockets.indices { sockets[index].watch?.cancel() }
    sockets = []
  }

  /// libcurl's wish for a descriptor: CURL_POLL_IN, OUT, INOUT, or REMOVE.
  func want(_ descriptor: Int32, _ what: Int32, for easy: UnsafeMutableRawPointer) {
    reserve(descriptor)
    let index = Int(descriptor)
    guard what != CURL_POLL_REMOVE, what != CURL_POLL_NONE else {
      if wasGivenUp(descriptor) {
        connections -= 1
        return forget(descriptor)
      }
      if sockets[index].kind != .foreign { sockets[index].wanted = 0 } else { forget(descriptor) }
      return
    }
    sockets[index].wanted = what
    guard sockets[index].registered != what else { return }
    sockets[index].registered = what
    var readiness: Readiness = []
    if what & CURL_POLL_IN != 0 { readiness.insert(.read) }
    if what & CURL_POLL_OUT != 0 { readiness.insert(.write) }
    if let watch = sockets[index].watch {
      watch.update(readiness)
    } else {
      register(descriptor, readiness, easy)
    }
  }

  /// Whether libcurl has closed a connection that it was still dialling, which it does without a word.
  private func wasGivenUp(_ descriptor: Int32) -> Bool {
    let socket = sockets[Int(descriptor)]
    return socket.kind == .connection && socket.wanted & CURL_POLL_OUT != 0 && fcntl(descriptor, F_GETFD) < 0
  }

  private func register(_ descriptor: Int32, _ readiness: Readiness, _ easy: UnsafeMutableRawPointer) {
    do throws(LoopError) {
      sockets[Int(descriptor)].watch = try loop.watch(descriptor, readiness) { [unowned self] in
        event(descriptor, $0)
      }
    } catch {
      sockets[Int(descriptor)].registered = 0
      failed(EasyHandle.of(easy), error)
    }
  }

  private func event(_ descriptor: Int32, _ readiness: Readiness) {
    let index = Int(descriptor)
    guard sockets[index].wanted != 0 else {
      // An idle connection was closed by its peer, or sends what nobody asked for. libcurl looks before it uses it
      // again; left registered, it would wake the loop for ever.
      sockets[index].watch?.cancel()
      sockets[index].watch = nil
      sockets[index].registered = 0
      return
    }
    var bits: Int32 = 0
    // In bits, once for each event of every connection: the set's own operations are not specialized here.
    let raw = readiness.rawValue
    if raw & (Readiness.read.rawValue | Readiness.failed.rawValue) != 0 { bits |= CURL_CSELECT_IN }
    if raw & Readiness.write.rawValue != 0 { bits |= CURL_CSELECT_OUT }
    if raw & UInt32(EPOLLERR.rawValue) != 0 { bits |= CURL_CSELECT_ERR }
    ready(descriptor, bits)
  }

  private func forget(_ descriptor: Int32) {
    sockets[Int(descriptor)].watch?.cancel()
    sockets[Int(descriptor)] = Socket()
  }

  private func reserve(_ descriptor: Int32) {
    while sockets.count <= Int(descriptor) { sockets.append(Socket()) }
  }
}
