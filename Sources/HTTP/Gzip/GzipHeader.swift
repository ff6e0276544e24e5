/// The head of a member, byte by byte: RFC 1952, section 2.3. What it says of time, system and names is read over.
struct GzipHeader {
  private enum Part {
    /// The ten bytes that all have; so many have come.
    case fixed(Int)
    case extraLength(low: UInt8?)
    case extra(remaining: Int)
    case name
    case comment
    case checksum(low: UInt8?)
    case whole
  }

  private enum Flag {
    static let checksum: UInt8 = 1 << 1
    static let extra: UInt8 = 1 << 2
    static let name: UInt8 = 1 << 3
    static let comment: UInt8 = 1 << 4
    static let reserved: UInt8 = 0b1110_0000
  }

  private var part = Part.fixed(0)
  private var flags: UInt8 = 0
  private var sum = GzipChecksum()
  private var count = 0

  /// Whether nothing of it has come.
  var isEmpty: Bool { count == 0 }

  var isWhole: Bool { if case .whole = part { true } else { false } }

  /// - Parameter isFirst: no other member stands before it.
  mutating func take(_ byte: UInt8, isFirst: Bool) throws(GzipError.Cause) {
    count += 1
    guard count <= GzipReader.headerBytes else { throw .longHeader }
    if case .checksum(let low) = part { return try check(low, byte) }
    sum.take(byte)
    switch part {
    case .fixed(let place):
      try check(fixed: byte, at: place, isFirst: isFirst)
      part = place == 9 ? part(behind: Flag.extra >> 1) : .fixed(place + 1)
    case .extraLength(nil): part = .extraLength(low: byte)
    case .extraLength(let low?):
      let length = Int(low) | Int(byte) << 8
      part = length == 0 ? part(behind: Flag.extra) : .extra(remaining: length)
    case .extra(let remaining): part = remaining == 1 ? part(behind: Flag.extra) : .extra(remaining: remaining - 1)
    case .name: if byte == 0 { part = part(behind: Flag.name) }
    case .comment: if byte == 0 { part = part(behind: Flag.comment) }
    case .checksum, .whole: break
    }
  }

  private mutating func check(fixed byte: UInt8, at place: Int, isFirst: Bool) throws(GzipError.Cause) {
    switch place {
    case 0: guard byte == 0x1f else { throw .noMember(isFirst: isFirst) }
    case 1: guard byte == 0x8b else { throw .noMember(isFirst: isFirst) }
    case 2: guard byte == 8 else { throw .method(byte) }
    case 3:
      guard byte & Flag.reserved == 0 else { throw .reservedFlags }
      flags = byte
    default: break
    }
  }

  /// The lower half of the CRC-32 of all that stands before it.
  private mutating func check(_ low: UInt8?, _ byte: UInt8) throws(GzipError.Cause) {
    guard let low else { return part = .checksum(low: byte) }
    guard UInt32(low) | UInt32(byte) << 8 == sum.value & 0xffff else { throw .headerChecksum }
    part = .whole
  }

  /// What follows, in the order of the standard.
  private func part(behind flag: UInt8) -> Part {
    if flag < Flag.extra, flags & Flag.extra != 0 { return .extraLength(low: nil) }
    if flag < Flag.name, flags & Flag.name != 0 { return .name }
    if flag < Flag.comment, flags & Flag.comment != 0 { return .comment }
    return flags & Flag.checksum != 0 ? .checksum(low: nil) : .whole
  }
}
