/// What members say to each other on streams: one request, at most one answer.
package enum StreamMessage: Hashable, Sendable {
  case ping(Ping)
  case ack(Ack)
  case pushPull(PushPull)
  case user([UInt8])
  /// The other side could not read what it got; for people.
  case error(String)

  /// As memberlist reads it; never compressed. With a key the shell wraps it in an `EncryptionFrame`.
  package var encoded: [UInt8] {
    var writer = MessagePackWriter()
    switch self {
    case .ping(let ping):
      writer.bytes.append(MessageType.ping.rawValue)
      ping.write(to: &writer)
    case .ack(let ack):
      writer.bytes.append(MessageType.ack.rawValue)
      ack.write(to: &writer)
    case .pushPull(let pushPull):
      writer.bytes.append(MessageType.pushPull.rawValue)
      pushPull.write(to: &writer)
    case .user(let payload):
      writer.bytes.append(MessageType.user.rawValue)
      writer.map(1)
      writer.key("UserMsgLen")
      writer.unsigned(UInt64(payload.count))
      writer.bytes += payload
    case .error(let text):
      writer.bytes.append(MessageType.error.rawValue)
      writer.map(1)
      writer.key("Error")
      writer.raw(text.utf8)
    }
    return writer.bytes
  }
}

extension PushPull {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.map(3)
    writer.key("Join")
    writer.bool(isJoin)
    writer.key("Nodes")
    writer.unsigned(UInt64(states.count))
    writer.key("UserStateLen")
    writer.unsigned(UInt64(userState.count))
    writer.bytes.reserveCapacity(writer.bytes.count + 96 * states.count + userState.count)
    for state in states { state.write(to: &writer) }
    writer.bytes += userState
  }
}
