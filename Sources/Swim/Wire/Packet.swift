/// One datagram, after decryption: layers of checksum, compression and compound around messages.
package enum Packet {
  /// What a datagram brought. A damaged part takes nothing from its neighbours.
  package struct Contents: Sendable, Equatable {
    package var messages: [Message] = []
    package var faults: [WireError] = []
  }

  /// A compound's header, and each part's length.
  package static let compoundBytes = 2
  package static let partBytes = 2

  /// One message as it is, more as a compound; at most `Swim.Limits.compoundParts`.
  package static func encode(_ messages: [Message]) -> [UInt8] {
    if messages.count == 1 { return messages[0].encoded }
    precondition(
      1...Swim.Limits.compoundParts ~= messages.count, "\(messages.count) messages in one packet; a compound holds 127")
    let parts = messages.map(\.encoded)
    var bytes = [MessageType.compound.rawValue, UInt8(parts.count)]
    for part in parts {
      precondition(1...Int(UInt16.max) ~= part.count, "a part of \(part.count) bytes has no length in a compound")
      bytes.append(UInt8(part.count >> 8))
      bytes.append(UInt8(part.count & 0xff))
    }
    for part in parts { bytes += part }
    return bytes
  }

  /// The messages within, in order, and what was wrong with the rest.
  package static func decode(_ bytes: [UInt8]) -> Contents {
    var decoder = PacketDecoder()
    decoder.decodeWhole(bytes)
    return decoder.contents
  }
}

private struct PacketDecoder {
  var contents = Packet.Contents()
  /// What compressed parts may still expand to, so that nesting multiplies nothing.
  private var expandable = Swim.Limits.packetBytesExpanded

  init() {}

  mutating func decodeWhole(_ bytes: [UInt8]) {
    guard bytes.count <= Swim.Limits.packetBytesRead else { return fault(.tooLarge, at: 0) }
    guard bytes.first == MessageType.checksum.rawValue else { return decode(bytes, 0, bytes.count, depth: 0) }
    guard bytes.count > 5 else { return fault(.truncated, at: bytes.count) }
    let announced = bytes[1..<5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard CRC32.checksum(bytes[5...]) == announced else { return fault(.badChecksum, at: 1) }
    decode(bytes, 5, bytes.count, depth: 0)
  }

  private mutating func decode(_ bytes: [UInt8], _ start: Int, _ end: Int, depth: Int) {
    guard start < end else { return fault(.empty, at: start) }
    guard depth <= Swim.Limits.nesting else { return fault(.tooDeep, at: start) }
    guard let type = MessageType(rawValue: bytes[start]) else { return fault(.unknownType(bytes[start]), at: start) }
    var reader = MessagePackReader(bytes, from: start + 1, to: end)
    do throws(WireError) {
      switch type {
      case .ping: contents.messages.append(.ping(try reader.ping()))
      case .indirectPing: contents.messages.append(.indirectPing(try reader.indirectPing()))
      case .ack: contents.messages.append(.ack(try reader.ack()))
      case .nack: contents.messages.append(.nack(try reader.nack()))
      case .suspect: contents.messages.append(.suspect(try reader.accusation()))
      case .alive: contents.messages.append(.alive(try reader.alive()))
      case .dead: contents.messages.append(.dead(try reader.accusation()))
      case .user: contents.messages.append(.user(Array(bytes[start + 1..<end])))
      case .compound: decodeParts(bytes, start + 1, end, depth: depth + 1)
      case .compress:
        let limit = expandable
        // Of one that does not expand nobody knows what it cost.
        expandable = 0
        guard limit > 0 else { throw WireError(.tooLarge, at: start) }
        let plain = try reader.expansion(limit: limit)
        expandable = max(0, limit - max(plain.count, Swim.Limits.packetPartBytesExpanded))
        decode(plain, 0, plain.count, depth: depth + 1)
      case .pushPull, .encrypt, .checksum, .error, .label: fault(.misplacedType(bytes[start]), at: start)
      }
    } catch {
      contents.faults.append(error)
    }
  }

  /// Too few bytes for the table of lengths: nothing is taken. A part that runs past the end: it and what follows is
  /// not.
  private mutating func decodeParts(_ bytes: [UInt8], _ start: Int, _ end: Int, depth: Int) {
    guard start < end else { return fault(.truncated, at: end) }
    let count = Int(bytes[start])
    guard count > 0 else { return fault(.empty, at: start) }
    var place = start + 1 + 2 * count
    guard place <= end else { return fault(.truncated, at: end) }
    for part in 0..<count {
      let entry = start + 1 + 2 * part
      let length = Int(bytes[entry]) << 8 | Int(bytes[entry + 1])
      guard place + length <= end else { return fault(.truncated, at: end) }
      if length == 0 {
        fault(.emptyPart, at: place)
      } else {
        decode(bytes, place, place + length, depth: depth)
      }
      place += length
    }
  }

  private mutating func fault(_ code: WireError.Code, at offset: Int) {
    contents.faults.append(WireError(code, at: offset))
  }
}
