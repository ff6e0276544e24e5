import Clockwork
import Swim
import Testing

@Suite("bytes that are no message")
struct BadInputTests {
  @Test(
    "a damaged datagram is a fault with its reason and place, never a trap",
    arguments: [
      ("", WireError(.empty, at: 0)),
      ("63", WireError(.unknownType(99), at: 0)),
      ("00", WireError(.truncated, at: 1)),
      ("00a0", WireError(.notAMap, at: 1)),
      ("0081a5", WireError(.truncated, at: 3)),
      // SeqNo of 33 bits; negative; a text where a number belongs; a text that is not UTF-8.
      ("0081a55365714e6fcf0000000100000000", WireError(.outOfRange, at: 8)),
      ("0081a55365714e6fff", WireError(.outOfRange, at: 8)),
      ("0081a55365714e6fa161", WireError(.wrongKind(0xa1), at: 8)),
      ("0081a44e6f6465a1ff", WireError(.badText, at: 7)),
      // A raw string, an array and a map that announce gigabytes.
      ("0081a44e6f6465dbffffffff", WireError(.tooLarge, at: 7)),
      ("00dfffffffff", WireError(.tooLarge, at: 1)),
      ("0081a178ddffffffff", WireError(.truncated, at: 9)),
      // An alive whose address has 3 bytes, and one whose vector has 5.
      ("0481a441646472a3010203", WireError(.badLength, at: 1)),
      ("0482a441646472a401020304a356736ea50102030405", WireError(.badLength, at: 16)),
      // Types of streams, and a checksum within a compound.
      ("0680", WireError(.misplacedType(6), at: 0)),
      ("0d80", WireError(.misplacedType(13), at: 0)),
      ("070100070c0000000008ff", WireError(.misplacedType(12), at: 4)),
      ("0c00000000", WireError(.truncated, at: 5)),
      ("0c0000000008", WireError(.badChecksum, at: 1)),
      // Compounds without parts, without lengths, with a part that is empty or runs past the end.
      ("0700", WireError(.empty, at: 1)),
      ("07020001", WireError(.truncated, at: 4)),
      ("07010000", WireError(.emptyPart, at: 4)),
      ("070100050b", WireError(.truncated, at: 5)),
      // Another compression; LZW that never ends; that begins with a table code; that expands to nothing.
      ("0982a4416c676f01a3427566a100", WireError(.unknownCompression, at: 1)),
      ("0981a3427566a20002", WireError(.badCompression, at: 2)),
      ("0981a3427566a20303", WireError(.badCompression, at: 2)),
      ("0981a3427566a3000302", WireError(.emptyExpansion, at: 1)),
    ])
  func datagram(_ hex: String, _ fault: WireError) {
    let contents = Packet.decode([UInt8](hex: hex))
    #expect(contents.messages == [])
    #expect(contents.faults == [fault])
    #expect(fault.description.contains("byte \(fault.offset)"))
  }

  @Test("a damaged part takes nothing from its neighbours")
  func neighbours() {
    let good = Message.nack(Nack(sequence: 1)).encoded
    var bytes: [UInt8] = [7, 4, 0, UInt8(good.count), 0, 1, 0, 0, 0, UInt8(good.count)]
    bytes += good + [0x63] + good
    let contents = Packet.decode(bytes)
    #expect(contents.messages == [.nack(Nack(sequence: 1)), .nack(Nack(sequence: 1))])
    #expect(contents.faults.map(\.code) == [.unknownType(0x63), .emptyPart])
  }

  @Test("compounds within compounds are read to a depth and no further")
  func depth() {
    func nested(_ depth: Int) -> [UInt8] {
      (0..<depth).reduce(Message.nack(Nack(sequence: 1)).encoded) { inner, _ in
        [7, 1, 0, UInt8(inner.count)] + inner
      }
    }
    #expect(Packet.decode(nested(Swim.Limits.nesting)).messages.count == 1)
    #expect(Packet.decode(nested(Swim.Limits.nesting + 1)).faults.map(\.code) == [.tooDeep])
  }

  @Test("a datagram that expands beyond the limit is refused")
  func bomb() {
    // Some 360 codes in 430 bytes.
    let bytes = Self.compressed(.bomb(words: 364))
    #expect(bytes.count < 500 && CodeWriter.bomb(words: 364).expandedBytes < 66_000)
    let contents = Packet.decode(bytes)
    #expect(contents.messages == [])
    #expect(contents.faults.map(\.code) == [.emptyPart])
    #expect(Packet.decode(Self.compressed(.bomb(words: 365))).faults.map(\.code) == [.tooLarge])
    #expect(Packet.decode(Self.compressed(.bomb(words: 3837))).faults.map(\.code) == [.tooLarge])
  }

  @Test("all compressed parts of a datagram share what it may expand to, and each costs something")
  func bombs() {
    let nack = Message.nack(Nack(sequence: 1)).encoded
    var writer = CodeWriter()
    for byte in nack { writer.literal(byte) }
    writer.end()
    let part = Self.compressed(writer)
    let whole = Packet.decode(
      [7, 100] + (0..<100).flatMap { _ in [0, UInt8(part.count)] } + (0..<100).flatMap { _ in part })
    #expect(whole.messages.count == Swim.Limits.packetBytesExpanded / Swim.Limits.packetPartBytesExpanded)
    #expect(Set(whole.faults.map(\.code)) == [.tooLarge])
    // What did not expand leaves nothing for the next.
    let bomb = Self.compressed(.bomb(words: 3837))
    let lengths = [bomb.count, part.count].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    let after = Packet.decode([7, 2] + lengths + bomb + part)
    #expect(after.messages.isEmpty && after.faults.map(\.code) == [.tooLarge, .tooLarge])
  }

  @Test("a stream that expands far beyond its own size is refused")
  func streamBomb() {
    let bytes = Self.compressed(.bomb(words: 3837))
    #expect(CodeWriter.bomb(words: 3837).expandedBytes < Swim.Limits.streamBytesExpanded)
    var decoder = StreamDecoder(readsLabel: true)
    decoder.append(bytes)
    var fault: WireError.Code?
    do throws(WireError) { _ = try decoder.next() } catch { fault = error.code }
    #expect(fault == .tooLarge)
  }

  @Test("a stream of members without names is refused at the first, and members read count as memory held")
  func heldMembers() throws {
    var decoder = StreamDecoder(readsLabel: true)
    decoder.append([UInt8](hex: "0681a54e6f646573cd03e8") + [UInt8](repeating: 0x80, count: 1000))
    #expect(throws: WireError(.nameless, at: 11)) { try decoder.next() }
    decoder = StreamDecoder(readsLabel: true)
    decoder.append([UInt8](hex: "0681a54e6f646573cd03e8"))
    let state = [UInt8](hex: "82a44e616d65a161a441646472a47f000001")
    for _ in 0..<500 { decoder.append(state) }
    #expect(try decoder.next() == nil)
    #expect(decoder.heldBytes >= 500 * (state.count + MemoryLayout<PushPull.State>.stride))
  }

  /// A compress message around these codes.
  private static func compressed(_ writer: CodeWriter) -> [UInt8] {
    [9, 0x81, 0xa3, 0x42, 0x75, 0x66, 0xda] + writer.lengthAndBytes
  }

  @Test("random damage to real packets never traps", arguments: UInt64(1)...8)
  func damage(_ seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    for vector in Vector.readable where vector.bytes.count < 2000 {
      for _ in 0..<12 {
        var bytes = vector.bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
          case 1 where bytes.count > 2: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
          default:
            bytes.insert(.random(in: 0...255, using: &generator), at: Int.random(in: bytes.indices, using: &generator))
          }
        }
        read(bytes)
      }
    }
  }

  private func read(_ bytes: [UInt8]) {
    _ = Packet.decode(bytes)
    var decoder = StreamDecoder(readsLabel: true)
    for start in stride(from: 0, to: bytes.count, by: 37) {
      decoder.append(bytes[start..<min(start + 37, bytes.count)])
      while let event = try? decoder.next() { if case .message = event { return } }
    }
    _ = try? EncryptionFrame.split(bytes[...])
    _ = try? StreamDecoder.decode(decrypted: bytes)
  }
}

/// Writes LZW codes, least significant bit first.
private struct CodeWriter {
  private var bytes: [UInt8] = []
  private var held: UInt32 = 0
  private var heldBits = 0
  private var width = 9
  private var next = 257

  var lengthAndBytes: [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)] + bytes }

  private(set) var expandedBytes = 0

  /// 0x07 and 0x00, a compound that cannot be read, again and again: each word one byte longer than the last. The table
  /// is full with 3838 codes.
  static func bomb(words: Int) -> CodeWriter {
    var writer = CodeWriter()
    writer.literal(7)
    writer.literal(1)
    writer.literal(0)
    writer.literal(0)
    for word in 4..<words {
      writer.code(word + 257)
      writer.expandedBytes += word - 2
    }
    writer.end()
    return writer
  }

  mutating func literal(_ byte: UInt8) {
    if bytes.isEmpty, heldBits == 0 { write(256) }
    code(Int(byte))
    expandedBytes += 1
  }

  mutating func end() {
    write(257)
    if heldBits > 0 { bytes.append(UInt8(truncatingIfNeeded: held)) }
  }

  private mutating func code(_ code: Int) {
    write(code)
    next += 1
    if next == 1 << width { width += 1 }
  }

  private mutating func write(_ code: Int) {
    held |= UInt32(code) << UInt32(heldBits)
    heldBits += width
    while heldBits >= 8 {
      bytes.append(UInt8(truncatingIfNeeded: held))
      held >>= 8
      heldBits -= 8
    }
  }
}
