import HTTP
import Loop

/// One port number bound for TCP and UDP alike: memberlist's address has room for one.
enum GossipPort {
  /// Binds TCP first and UDP on the same number; where the kernel picks the number and UDP's is taken, it picks again.
  static func bind(
    _ address: SocketAddress, as authority: Authority, on loop: EventLoop,
    accepted: @escaping (TCPConnection) -> Void, received: @escaping (Span<UInt8>, SocketAddress) -> Void
  ) throws(StartError) -> (listener: TCPListener, socket: UDPSocket) {
    for attempt in 1...GossipLimits.portAttempts {
      do throws(LoopError) {
        let listener = try TCPListener(loop: loop, address: address, accepted: accepted)
        do throws(LoopError) {
          return (listener, try UDPSocket(loop: loop, address: listener.localAddress, received: received))
        } catch {
          listener.close()
          throw error
        }
      } catch {
        if error.code == .addressInUse, address.port == 0, attempt < GossipLimits.portAttempts { continue }
        throw StartError(flag: "--gossip", authority: authority, because: error)
      }
    }
    preconditionFailure("the last attempt neither returned nor threw")
  }
}
