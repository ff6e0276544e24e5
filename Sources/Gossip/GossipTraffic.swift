/// What a member has sent and received since its start.
struct GossipTraffic: Sendable {
  struct Direction: Sendable {
    private(set) var datagrams = 0
    private(set) var bytes = 0
    /// In datagrams; several travel in one.
    private(set) var messages = 0
    var streams = 0

    mutating func note(datagram: Int, messages: Int) {
      datagrams += 1
      bytes += datagram
      self.messages += messages
    }
  }

  var sent = Direction()
  var received = Direction()
  var unsentDatagrams = 0
}
