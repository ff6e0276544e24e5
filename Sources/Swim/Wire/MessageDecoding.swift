// The names of each message's keys stand in the order in which Go declares the fields: that order counts when a sender
// writes an array in place of the map.

extension MessagePackReader {
  mutating func number() throws(WireError) -> UInt32 { UInt32(try unsigned(upTo: UInt64(UInt32.max))) }
  mutating func port() throws(WireError) -> UInt16 { UInt16(try unsigned(upTo: UInt64(UInt16.max))) }

  mutating func count(upTo limit: Int) throws(WireError) -> Int {
    let start = position
    let count = try unsigned(upTo: UInt64(Int64.max))
    guard count <= UInt64(limit) else { throw WireError(.tooLarge, at: start) }
    return Int(count)
  }

  /// Six bytes or none. One to five, which make memberlist 0.2.2 crash, are never let in, so never passed on.
  mutating func versions() throws(WireError) -> Versions? {
    let start = position
    guard let bytes = try data(), !bytes.isEmpty else { return nil }
    guard let versions = Versions(bytes: bytes) else { throw WireError(.badLength, at: start) }
    return versions
  }

  mutating func ping() throws(WireError) -> Ping {
    var ping = Ping(sequence: 0, node: "")
    var source = SourceFields()
    try fields(["SeqNo", "Node", "SourceAddr", "SourcePort", "SourceNode"]) { (reader, field) throws(WireError) in
      switch field {
      case 0: ping.sequence = try reader.number()
      case 1: ping.node = try reader.text()
      case 2: source.ip = try reader.data() ?? []
      case 3: source.port = try reader.port()
      default: source.name = try reader.text()
      }
    }
    ping.source = source.source
    return ping
  }

  mutating func indirectPing() throws(WireError) -> IndirectPing {
    let start = position
    var (sequence, node, wantsNack) = (UInt32(0), "", false)
    var target: [UInt8] = []
    var targetPort: UInt16 = 0
    var source = SourceFields()
    try fields(["SeqNo", "Target", "Port", "Node", "Nack", "SourceAddr", "SourcePort", "SourceNode"]) {
      (reader, field) throws(WireError) in
      switch field {
      case 0: sequence = try reader.number()
      case 1: target = try reader.data() ?? []
      case 2: targetPort = try reader.port()
      case 3: node = try reader.text()
      case 4: wantsNack = try reader.bool()
      case 5: source.ip = try reader.data() ?? []
      case 6: source.port = try reader.port()
      default: source.name = try reader.text()
      }
    }
    guard let address = Swim.Address(ipBytes: target, port: targetPort) else { throw WireError(.badLength, at: start) }
    return IndirectPing(
      sequence: sequence, target: address, node: node, wantsNack: wantsNack, source: source.source)
  }

  mutating func ack() throws(WireError) -> Ack {
    var ack = Ack(sequence: 0)
    try fields(["SeqNo", "Payload"]) { (reader, field) throws(WireError) in
      if field == 0 { ack.sequence = try reader.number() } else { ack.payload = try reader.data() }
    }
    return ack
  }

  mutating func nack() throws(WireError) -> Nack {
    var nack = Nack(sequence: 0)
    try fields(["SeqNo"]) { (reader, _) throws(WireError) in nack.sequence = try reader.number() }
    return nack
  }

  mutating func accusation() throws(WireError) -> Accusation {
    var accusation = Accusation(incarnation: 0, node: "", from: "")
    try fields(["Incarnation", "Node", "From"]) { (reader, field) throws(WireError) in
      switch field {
      case 0: accusation.incarnation = try reader.number()
      case 1: accusation.node = try reader.text()
      default: accusation.from = try reader.text()
      }
    }
    return accusation
  }

  mutating func alive() throws(WireError) -> Alive {
    let start = position
    var (incarnation, node, port) = (UInt32(0), "", UInt16(0))
    var (ip, meta) = ([UInt8](), [UInt8]())
    var versions: Versions?
    try fields(["Incarnation", "Node", "Addr", "Port", "Meta", "Vsn"]) { (reader, field) throws(WireError) in
      switch field {
      case 0: incarnation = try reader.number()
      case 1: node = try reader.text()
      case 2: ip = try reader.data() ?? []
      case 3: port = try reader.port()
      case 4: meta = try reader.data() ?? []
      default: versions = try reader.versions()
      }
    }
    guard let address = Swim.Address(ipBytes: ip, port: port) else { throw WireError(.badLength, at: start) }
    return Alive(incarnation: incarnation, node: node, address: address, meta: meta, versions: versions)
  }

  /// One member of a push-pull. Where it can be read, but says what no member can be, its successors can be read too.
  ///
  /// A member has a name; one byte could stand for a state without, and a stream holds millions.
  ///
  /// - Throws: what makes the rest of the stream unreadable, and a missing name.
  mutating func pushPullState() throws(WireError) -> Result<PushPull.State, WireError> {
    let start = position
    var (name, incarnation, port) = ([UInt8](), UInt32(0), UInt16(0))
    var (ip, meta, versions) = ([UInt8](), [UInt8](), [UInt8]())
    var state: UInt64 = 0
    try fields(["Name", "Addr", "Port", "Meta", "Incarnation", "State", "Vsn"]) { (reader, field) throws(WireError) in
      switch field {
      case 0: name = try reader.data() ?? []
      case 1: ip = try reader.data() ?? []
      case 2: port = try reader.port()
      case 3: meta = try reader.data() ?? []
      case 4: incarnation = try reader.number()
      case 5: state = try reader.unsigned(upTo: .max)
      default: versions = try reader.data() ?? []
      }
    }
    guard !name.isEmpty else { throw WireError(.nameless, at: start) }
    guard let name = String(validating: name, as: UTF8.self) else { return .failure(WireError(.badText, at: start)) }
    guard let address = Swim.Address(ipBytes: ip, port: port), versions.isEmpty || versions.count >= Versions.byteCount
    else { return .failure(WireError(.badLength, at: start)) }
    guard let state = UInt8(exactly: state).flatMap({ MemberState(rawValue: $0) }) else {
      return .failure(WireError(.outOfRange, at: start))
    }
    return .success(
      PushPull.State(
        name: name, address: address, meta: meta, incarnation: incarnation, state: state,
        versions: Versions(bytes: versions)))
  }

  /// The body of a compressed message, expanded to at most `limit` bytes.
  mutating func expansion(limit: Int) throws(WireError) -> [UInt8] {
    let start = position
    var algorithm: UInt64 = 0
    var compressed: [UInt8] = []
    try fields(["Algo", "Buf"]) { (reader, field) throws(WireError) in
      if field == 0 { algorithm = try reader.unsigned(upTo: 255) } else { compressed = try reader.data() ?? [] }
    }
    guard algorithm == 0 else { throw WireError(.unknownCompression, at: start) }
    let sane = max(Swim.Limits.expansionAlways, Swim.Limits.expansionRatio * compressed.count)
    let plain = try LZW.expand(compressed, limit: min(limit, sane))
    guard !plain.isEmpty else { throw WireError(.emptyExpansion, at: start) }
    return plain
  }
}

/// The three optional keys that say where an answer shall go.
private struct SourceFields {
  var ip: [UInt8] = []
  var port: UInt16 = 0
  var name = ""

  var source: Source? {
    let address = port == 0 ? nil : Swim.Address(ipBytes: ip, port: port)
    return address == nil && name.isEmpty ? nil : Source(name: name, address: address)
  }
}
