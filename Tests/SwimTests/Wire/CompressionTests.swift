import Clockwork
import Swim
import Testing

@testable import Swim

@Suite("Compression") struct CompressionTests {
  /// Every compressed message among the vectors, and the message within.
  static let compressed: [(name: String, bytes: [UInt8])] = Vector.readable.compactMap { vector in
    guard let (_, rest) = try? LabelHeader.split(vector.bytes[...]) else { return nil }
    // A checksum may be around it.
    let inner = rest.first == 12 ? rest.dropFirst(5) : rest
    return inner.first == 9 ? (vector.file, Array(inner)) : nil
  }

  @Test("what memberlist compressed, compressed again, gives its very bytes", arguments: compressed)
  func vectors(_ name: String, _ bytes: [UInt8]) throws {
    var reader = MessagePackReader(bytes, from: 1)
    let plain = try reader.expansion(limit: 1 << 20)
    #expect(Compression.encode(plain) == bytes)
  }

  @Test("there are vectors to compare with") func present() { #expect(Self.compressed.count >= 20) }

  @Test("whatever is compressed expands to itself, through full tables too")
  func roundTrip() throws {
    var generator = SplitMix64(seed: 4)
    for count in [1, 2, 3, 255, 256, 257, 3837, 3838, 3839, 3840, 5000, 20_000, 70_000] {
      for letters in [UInt8(0), 1, 3, 255] {
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...letters, using: &generator) }
        #expect(try LZW.expand(LZW.compress(bytes), limit: count) == bytes, "\(count) bytes up to \(letters)")
      }
    }
    #expect(try LZW.expand(LZW.compress([]), limit: 0) == [])
  }

  @Test("what would become longer is left as it is, and what becomes shorter decodes to the same message")
  func shorten() {
    let short = Message.nack(Nack(sequence: 1)).encoded
    #expect(Compression.shorten(short) == short)
    let alive = Message.alive(
      Alive(
        incarnation: 1, node: "n", address: Swim.Address(ipBytes: [127, 0, 0, 1], port: 7946)!,
        meta: [UInt8](repeating: 7, count: 400), versions: .plain))
    let compressed = Compression.shorten(alive.encoded)
    #expect(compressed.count < alive.encoded.count)
    #expect(Packet.decode(compressed).messages == [alive])
  }
}
