import Glibc

/// One connect in flight.
final class TCPConnector: @unchecked Sendable {
  // Guarded by: the loop's thread. Its watch and its timer keep it alive until it is over.
  private let address: SocketAddress
  private let loop: EventLoop
  private var completion: ((Result<TCPConnection, LoopError>) -> Void)?
  private var watch: Watch?
  private var timer: LoopTimer?

  private init(
    _ address: SocketAddress, _ loop: EventLoop, _ completion: @escaping (Result<TCPConnection, LoopError>) -> Void
  ) {
    (self.address, self.loop, self.completion) = (address, loop, completion)
  }

  @discardableResult
  static func start(
    _ address: SocketAddress, _ loop: EventLoop, _ timeout: Duration,
    _ completion: @escaping (Result<TCPConnection, LoopError>) -> Void
  ) -> TCPConnector {
    loop.assertCurrent()
    let connector = TCPConnector(address, loop, completion)
    do throws(LoopError) {
      let descriptor = try Socket.open(address, stream: true)
      let result = address.withSockAddr { Glibc.connect(descriptor, $0, $1) }
      let reason = errno
      guard result == 0 || reason == EINPROGRESS else {
        Glibc.close(descriptor)
        throw LoopError(errno: reason, "connect to \(address)")
      }
      do throws(LoopError) {
        connector.watch = try loop.watch(descriptor, .write) { _ in connector.ready() }
      } catch {
        Glibc.close(descriptor)
        throw error
      }
      connector.timer = loop.schedule(after: timeout) {
        let descriptor = connector.watch!.descriptor
        connector.watch!.cancel()
        Glibc.close(descriptor)
        connector.finish(.failure(LoopError(.timeout, "connect to \(address) within \(timeout)")))
      }
    } catch {
      // Not from within the call: callers set up their state behind it.
      loop.execute { connector.finish(.failure(error)) }
    }
    return connector
  }

  /// The completion is not called any more.
  func cancel() {
    completion = nil
    guard let watch else { return }
    let descriptor = watch.descriptor
    finish(nil)
    Glibc.close(descriptor)
  }

  private func ready() {
    let descriptor = watch!.descriptor
    watch?.cancel()
    let reason = Socket.pendingError(descriptor)
    guard reason == 0 else {
      Glibc.close(descriptor)
      return finish(.failure(LoopError(errno: reason, "connect to \(address)")))
    }
    do throws(LoopError) {
      finish(.success(try TCPConnection(loop: loop, descriptor: descriptor, peer: address)))
    } catch {
      Glibc.close(descriptor)
      finish(.failure(error))
    }
  }

  private func finish(_ result: Result<TCPConnection, LoopError>?) {
    watch?.cancel()
    watch = nil
    timer?.cancel()
    timer = nil
    let completion = self.completion
    self.completion = nil
    if let result { completion?(result) }
  }
}
