extension Message {
  /// The message as memberlist writes it: the type, then a map with its keys in byte order.
  package var encoded: [UInt8] {
    var writer = MessagePackWriter()
    switch self {
    case .ping(let ping):
      writer.bytes.append(MessageType.ping.rawValue)
      ping.write(to: &writer)
    case .indirectPing(let request):
      writer.bytes.append(MessageType.indirectPing.rawValue)
      request.write(to: &writer)
    case .ack(let ack):
      writer.bytes.append(MessageType.ack.rawValue)
      ack.write(to: &writer)
    case .nack(let nack):
      writer.bytes.append(MessageType.nack.rawValue)
      writer.map(1)
      writer.key("SeqNo")
      writer.unsigned(UInt64(nack.sequence))
    case .suspect(let accusation):
      writer.bytes.append(MessageType.suspect.rawValue)
      accusation.write(to: &writer)
    case .dead(let accusation):
      writer.bytes.append(MessageType.dead.rawValue)
      accusation.write(to: &writer)
    case .alive(let alive):
      writer.bytes.append(MessageType.alive.rawValue)
      alive.write(to: &writer)
    case .user(let payload):
      return [MessageType.user.rawValue] + payload
    }
    return writer.bytes
  }
}

extension Ping {
  func write(to writer: inout MessagePackWriter) {
    writer.map(2 + Source.fieldCount(source))
    writer.key("Node")
    writer.raw(node.utf8)
    writer.key("SeqNo")
    writer.unsigned(UInt64(sequence))
    Source.write(source, to: &writer)
  }
}

extension IndirectPing {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.map(5 + Source.fieldCount(source))
    writer.key("Nack")
    writer.bool(wantsNack)
    writer.key("Node")
    writer.raw(node.utf8)
    writer.key("Port")
    writer.unsigned(UInt64(target.port))
    writer.key("SeqNo")
    writer.unsigned(UInt64(sequence))
    Source.write(source, to: &writer)
    writer.key("Target")
    writer.raw(target.ipBytes)
  }
}

extension Source {
  /// The three keys are left out one by one when they have nothing to say.
  fileprivate static func fieldCount(_ source: Source?) -> Int {
    guard let source else { return 0 }
    return (source.address == nil ? 0 : 2) + (source.name.isEmpty ? 0 : 1)
  }

  fileprivate static func write(_ source: Source?, to writer: inout MessagePackWriter) {
    guard let source else { return }
    if let address = source.address {
      writer.key("SourceAddr")
      writer.raw(address.ipBytes)
    }
    if !source.name.isEmpty {
      writer.key("SourceNode")
      writer.raw(source.name.utf8)
    }
    if let address = source.address {
      writer.key("SourcePort")
      writer.unsigned(UInt64(address.port))
    }
  }
}

extension Ack {
  func write(to writer: inout MessagePackWriter) {
    writer.map(2)
    writer.key("Payload")
    if let payload { writer.raw(payload) } else { writer.null() }
    writer.key("SeqNo")
    writer.unsigned(UInt64(sequence))
  }
}

extension Accusation {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.map(3)
    writer.key("From")
    writer.raw(from.utf8)
    writer.key("Incarnation")
    writer.unsigned(UInt64(incarnation))
    writer.key("Node")
    writer.raw(node.utf8)
  }
}

extension Alive {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.map(6)
    writer.key("Addr")
    writer.raw(address.ipBytes)
    writer.key("Incarnation")
    writer.unsigned(UInt64(incarnation))
    writer.key("Meta")
    writer.meta(meta)
    writer.key("Node")
    writer.raw(node.utf8)
    writer.key("Port")
    writer.unsigned(UInt64(address.port))
    writer.key("Vsn")
    writer.versions(versions)
  }
}

extension PushPull.State {
  func write(to writer: inout MessagePackWriter) {
    writer.map(7)
    writer.key("Addr")
    writer.raw(address.ipBytes)
    writer.key("Incarnation")
    writer.unsigned(UInt64(incarnation))
    writer.key("Meta")
    writer.meta(meta)
    writer.key("Name")
    writer.raw(name.utf8)
    writer.key("Port")
    writer.unsigned(UInt64(address.port))
    writer.key("State")
    writer.unsigned(UInt64(state.rawValue))
    writer.key("Vsn")
    writer.versions(versions)
  }
}

extension MessagePackWriter {
  fileprivate mutating func meta(_ meta: [UInt8]) {
    if meta.isEmpty { null() } else { raw(meta) }
  }

  /// memberlist 0.2.2 crashes on a vector of 1 to 5 bytes, so it is six or nil.
  fileprivate mutating func versions(_ versions: Versions?) {
    if let versions { raw(versions.bytes) } else { null() }
  }
}
