import Swim

/// Every datagram has at most 1,400 bytes, holds no more parts than old members can read, and says after decoding what
/// it said before.
struct PacketSizeChecker {
  private(set) var failures: [Report.Failure] = []

  /// Whatever the configuration says: this is what peers and networks were promised.
  private static let mostBytes = 1400

  mutating func sent(_ messages: [Message], as bytes: [UInt8], by name: String) {
    if bytes.count > Self.mostBytes { fail("\(name) sent \(bytes.count) bytes, \(Self.mostBytes) are allowed") }
    if messages.count > Swim.Limits.compoundParts { fail("\(name) sent \(messages.count) parts in one packet") }
    let contents = Packet.decode(bytes)
    if contents.messages != messages || !contents.faults.isEmpty {
      fail("\(name) sent a packet that does not decode to its messages: \(messages)")
    }
  }

  private mutating func fail(_ text: String) { failures.append(Report.Failure(checker: "packet size", text: text)) }
}
