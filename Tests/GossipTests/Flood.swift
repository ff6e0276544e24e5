import Clockwork
import Loop
import Swim

@testable import Gossip

/// Garbage in quantities: noise, what looks like a message and lies, bombs, compounds within compounds, well-formed
/// messages of strangers, and what only a cipher can tell from a packet of a member.
struct Flood: Sendable {
  /// Those that the kernel took.
  private(set) var sent = 0

  /// Sends so many packets from one socket on a loop of its own, a burst at a time.
  static func run(
    packets: Int, burst: Int, pause: Duration, to target: SocketAddress
  ) async throws -> Flood {
    let loop = try EventLoop.start(name: "flood")
    defer { loop.stop() }
    return try await loop.spawn {
      let socket = try UDPSocket(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!) { _, _ in }
      let garbage = Self.garbage
      var number = 0
      while number < packets {
        for _ in 0..<min(burst, packets - number) {
          socket.send(garbage[number % garbage.count], to: target)
          number += 1
        }
        try await loop.sleep(for: pause)
      }
      defer { socket.close() }
      return Flood(sent: packets - socket.unsent)
    }.value
  }

  private static let garbage: [[UInt8]] = {
    var generator = SplitMix64(seed: 11)
    var all = (0..<300).map { size in (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) } }
    let ping = Ping(
      sequence: 1, node: "", source: Source(name: "stranger", address: Swim.Address(version4: 0x7f00_0001, port: 9)))
    let messages: [Message] = [
      .ping(ping), .ack(Ack(sequence: 3)), .nack(Nack(sequence: 3)), .user([1, 2, 3]),
      .indirectPing(
        IndirectPing(
          sequence: 1, target: Swim.Address(version4: 0x7f00_0001, port: 9), node: "nobody", wantsNack: true)),
      .suspect(Accusation(incarnation: 1, node: "nobody", from: "stranger")),
      .dead(Accusation(incarnation: 1, node: "nobody", from: "nobody")),
    ]
    all += messages.map(\.encoded) + [Packet.encode(messages)]
    var nested = Message.nack(Nack(sequence: 1)).encoded
    for _ in 0..<40 { nested = [7, 1, UInt8(nested.count >> 8), UInt8(nested.count & 0xff)] + nested }
    all.append(nested)
    all += [
      [7, 255, 0, 1], [7, 1, 255, 255, 0], [7, 3, 0, 0, 0, 0, 0, 0], [12, 0, 0, 0, 0, 0, 1], [9, 0x81], [6, 0x80],
      [10, 0, 0, 0, 1], [4, 0xdf, 0xff, 0xff, 0xff, 0xff], [0xf4, 3, 1, 2, 3, 0, 0x80], [13, 0x80],
    ]
    // A bomb of 64 KiB, and sixteen small ones in one packet: as much as is ever expanded.
    let bomb = Compression.shorten([UInt8](repeating: 99, count: 65_000))
    let part = Compression.shorten([UInt8](repeating: 99, count: 4096))
    let parts = (0..<16).flatMap { _ in [UInt8(part.count >> 8), UInt8(part.count & 0xff)] }
    all.append(bomb)
    all.append([7, 16] + parts + (0..<16).flatMap { _ in part })
    // A frame's version, and as many bytes as a packet has: with a key, each is decrypted to the end.
    for version in [UInt8(0), 1] {
      for _ in 0..<20 { all.append([version] + (0..<1399).map { _ in UInt8.random(in: 0...255, using: &generator) }) }
    }
    for seed in 0..<50 {
      var bytes = all[300 + seed % messages.count]
      bytes[seed % bytes.count] ^= UInt8(1 + seed)
      all.append(bytes)
    }
    return all.shuffled(using: &generator)
  }()
}
