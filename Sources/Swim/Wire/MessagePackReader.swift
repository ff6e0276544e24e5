/// Reads msgpack liberally: any width of integer, raw, str and bin alike, nil anywhere, unknown keys, arrays in place
/// of maps. Every length is checked against the bytes that are there before anything is allocated.
struct MessagePackReader {
  let bytes: [UInt8]
  var position: Int
  private let end: Int
  private var skippable = Swim.Limits.skippedValues

  init(_ bytes: [UInt8], from start: Int = 0, to end: Int? = nil) {
    self.bytes = bytes
    position = start
    self.end = end ?? bytes.count
  }

  var remaining: Int { end - position }

  /// Reads a map and calls `body` with the place of each key in `names`; it must then read exactly one value. Other
  /// keys are skipped. An array stands for a map whose values come in the order of `names`.
  mutating func fields(
    _ names: [StaticString], _ body: (inout MessagePackReader, Int) throws(WireError) -> Void
  ) throws(WireError) {
    let start = position
    let head = try byte()
    let (count, isMap): (Int, Bool)
    switch head {
    case 0x80...0x8f: (count, isMap) = (Int(head & 15), true)
    case 0x90...0x9f: (count, isMap) = (Int(head & 15), false)
    case 0xdc: (count, isMap) = (try length(2), false)
    case 0xde: (count, isMap) = (try length(2), true)
    case 0xdd: (count, isMap) = (try length(4), false)
    case 0xdf: (count, isMap) = (try length(4), true)
    default: throw WireError(.notAMap, at: start)
    }
    guard count <= Swim.Limits.fields else { throw WireError(.tooLarge, at: start) }
    for place in 0..<count {
      let field = isMap ? try key(among: names) : (place < names.count ? place : nil)
      if let field { try body(&self, field) } else { try skip() }
    }
  }

  /// A text; nil counts as empty.
  mutating func text() throws(WireError) -> String {
    let start = position
    guard let range = try rawRange() else { return "" }
    guard let text = String(validating: bytes[range], as: UTF8.self) else { throw WireError(.badText, at: start) }
    return text
  }

  /// Bytes: raw, str, bin, or an array of small integers; nil stays nil.
  mutating func data() throws(WireError) -> [UInt8]? {
    guard position < end, 0x90...0x9f ~= bytes[position] || bytes[position] == 0xdc else {
      return try rawRange().map { Array(bytes[$0]) }
    }
    let head = try byte()
    let count = head == 0xdc ? try length(2) : Int(head & 15)
    guard count <= remaining else { throw WireError(.truncated, at: end) }
    var data: [UInt8] = []
    data.reserveCapacity(count)
    for _ in 0..<count { data.append(UInt8(try unsigned(upTo: 255))) }
    return data
  }

  /// A non-negative integer in any form; nil counts as 0.
  mutating func unsigned(upTo limit: UInt64) throws(WireError) -> UInt64 {
    let start = position
    let head = try byte()
    let value: UInt64
    switch head {
    case 0..<0x80: value = UInt64(head)
    case 0xc0: value = 0
    case 0xcc...0xcf: value = try integer(1 << Int(head - 0xcc))
    case 0xd0...0xd3:
      let width = 1 << Int(head - 0xd0)
      value = try integer(width)
      guard value >> UInt64(8 * width - 1) == 0 else { throw WireError(.outOfRange, at: start) }
    case 0xe0...0xff: throw WireError(.outOfRange, at: start)
    default: throw WireError(.wrongKind(head), at: start)
    }
    guard value <= limit else { throw WireError(.outOfRange, at: start) }
    return value
  }

  mutating func bool() throws(WireError) -> Bool {
    let start = position
    let head = try byte()
    switch head {
    case 0xc3, 0x01: return true
    case 0xc2, 0x00, 0xc0: return false
    default: throw WireError(.wrongKind(head), at: start)
    }
  }

  /// Bytes that msgpack knows nothing of, as many as a header announced.
  mutating func trailing(_ count: Int) throws(WireError) -> [UInt8] {
    guard count <= remaining else { throw WireError(.truncated, at: end) }
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  private mutating func key(among names: [StaticString]) throws(WireError) -> Int? {
    guard position < end else { throw WireError(.truncated, at: end) }
    switch bytes[position] {
    case 0xa0...0xbf, 0xc4...0xc6, 0xd9...0xdb:
      guard let range = try rawRange() else { return nil }
      return names.firstIndex { name in
        name.utf8CodeUnitCount == range.count && name.withUTF8Buffer { bytes[range].elementsEqual($0) }
      }
    default:
      try skip()
      return nil
    }
  }

  private mutating func rawRange() throws(WireError) -> Range<Int>? {
    let start = position
    let head = try byte()
    let count: Int
    switch head {
    case 0xa0...0xbf: count = Int(head & 31)
    case 0xc0: return nil
    case 0xc4, 0xd9: count = try length(1)
    case 0xc5, 0xda: count = try length(2)
    case 0xc6, 0xdb: count = try length(4)
    default: throw WireError(.wrongKind(head), at: start)
    }
    guard count <= Swim.Limits.streamBytes else { throw WireError(.tooLarge, at: start) }
    guard count <= remaining else { throw WireError(.truncated, at: end) }
    position += count
    return position - count..<position
  }

  private mutating func skip(depth: Int = 0) throws(WireError) {
    let start = position
    guard depth <= Swim.Limits.skippedNesting, skippable > 0 else { throw WireError(.tooDeep, at: start) }
    skippable -= 1
    let head = try byte()
    switch head {
    case 0...0x7f, 0xe0...0xff, 0xc0, 0xc2, 0xc3: return
    case 0x80...0x8f: try skip(values: 2 * Int(head & 15), depth: depth)
    case 0x90...0x9f: try skip(values: Int(head & 15), depth: depth)
    case 0xdc: try skip(values: try length(2), depth: depth)
    case 0xdd: try skip(values: try length(4), depth: depth)
    case 0xde: try skip(values: 2 * (try length(2)), depth: depth)
    case 0xdf: try skip(values: 2 * (try length(4)), depth: depth)
    case 0xa0...0xbf, 0xc4...0xc6, 0xd9...0xdb:
      position = start
      _ = try rawRange()
    case 0xca: try advance(4)
    case 0xcb: try advance(8)
    case 0xcc...0xcf: try advance(1 << Int(head - 0xcc))
    case 0xd0...0xd3: try advance(1 << Int(head - 0xd0))
    case 0xd4...0xd8: try advance(1 + 1 << Int(head - 0xd4))
    case 0xc7: try advance(1 + (try length(1)))
    case 0xc8: try advance(1 + (try length(2)))
    case 0xc9: try advance(1 + (try length(4)))
    default: throw WireError(.wrongKind(head), at: start)
    }
  }

  private mutating func skip(values count: Int, depth: Int) throws(WireError) {
    for _ in 0..<count { try skip(depth: depth + 1) }
  }

  private mutating func advance(_ count: Int) throws(WireError) {
    guard count <= remaining else { throw WireError(.truncated, at: end) }
    position += count
  }

  private mutating func byte() throws(WireError) -> UInt8 {
    guard position < end else { throw WireError(.truncated, at: end) }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func length(_ width: Int) throws(WireError) -> Int { Int(try integer(width)) }

  private mutating func integer(_ width: Int) throws(WireError) -> UInt64 {
    guard width <= remaining else { throw WireError(.truncated, at: end) }
    var value: UInt64 = 0
    for place in position..<position + width { value = value << 8 | UInt64(bytes[place]) }
    position += width
    return value
  }
}
