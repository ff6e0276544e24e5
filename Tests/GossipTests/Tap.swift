import Loop
import Swim
import Synchronization

@testable import Gossip

/// Someone who got into an encrypted cluster's gossip, records each sealed packet, and sends them all again.
final class Tap: Sendable {
  private let loop: EventLoop
  private let keyring: Keyring
  private let socket: UDPSocket
  private let recorded: Recording

  private final class Recording: Sendable {
    let packets = Mutex<[[UInt8]]>([])
  }

  private init(_ loop: EventLoop, _ keyring: Keyring, _ socket: UDPSocket, _ recorded: Recording) {
    (self.loop, self.keyring, self.socket, self.recorded) = (loop, keyring, socket, recorded)
  }

  static func start(_ key: GossipKey) async throws -> Tap {
    let loop = try EventLoop.start(name: "tap")
    let recorded = Recording()
    let socket = try await loop.spawn {
      try UDPSocket(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!) { bytes, _ in
        let packet = bytes.withUnsafeBufferPointer { Array($0) }  // Guarded by: the bytes live until this call returns.
        recorded.packets.withLock { $0.append(packet) }
      }
    }.value
    return Tap(loop, Keyring(keys: [key])!, socket, recorded)
  }

  var count: Int { recorded.packets.withLock { $0.count } }

  /// As a member, so that gossip comes here too.
  func introduce(to party: Party) async {
    let alive = Alive(
      incarnation: 1, node: "tap", address: Swim.Address(socket.localAddress), meta: [], versions: .plain)
    let packet = keyring.seal(Packet.encode([.alive(alive)]))
    await loop.spawn { [socket] in socket.send(packet, to: party.membership.boundAddress) }.value
  }

  func replay(to party: Party) async {
    let packets = recorded.packets.withLock { $0 }
    await loop.spawn { [socket] in
      for packet in packets { socket.send(packet, to: party.membership.boundAddress) }
    }.value
  }

  func stop() async {
    await loop.spawn { [socket] in socket.close() }.value
    loop.stop()
  }
}
