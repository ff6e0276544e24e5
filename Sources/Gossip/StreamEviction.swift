import Loop
import Swim

/// Which of the streams that others opened has to go when there are too many, or they hold too much.
///
/// An exchange takes milliseconds, so of those that are alike the oldest has stalled: its turn comes first.
enum StreamEviction {
  /// One too many. Those from which not a byte has come go first: connecting alone costs a stranger nothing. Then those
  /// of the host that has most: a member has one or two.
  static func choose<Stream: EvictableStream>(among streams: some Collection<Stream>) -> Stream? {
    let silent = streams.filter { $0.receivedBytes == 0 }
    guard silent.isEmpty else { return oldest(silent) }
    let byHost = Dictionary(grouping: streams) { $0.host }
    let most = byHost.values.map(\.count).max() ?? 0
    return oldest(byHost.values.filter { $0.count == most }.joined())
  }

  /// They hold too much. Where most of it waits to be sent, the answer that has waited longest goes: the newest is
  /// still whole, and the largest by that, and its reader may be reading. Else the largest that still comes in.
  static func chooseHeavy<Stream: EvictableStream>(among streams: some Collection<Stream>) -> Stream? {
    let answered = streams.filter { $0.isAnswered && $0.heldBytes > 0 }
    let asking = streams.filter { !$0.isAnswered }
    func held(_ part: [Stream]) -> Int { part.reduce(0) { $0 + $1.heldBytes } }
    if held(answered) > held(asking) { return oldest(answered) }
    return asking.max { ($0.heldBytes, $1.number) < ($1.heldBytes, $0.number) }
  }

  private static func oldest<Stream: EvictableStream>(_ streams: some Sequence<Stream>) -> Stream? {
    streams.min { $0.number < $1.number }
  }
}

/// What counts of a stream.
protocol EvictableStream {
  /// Counts up, in the order in which they came.
  var number: UInt64 { get }
  var host: [UInt8] { get }
  var receivedBytes: Int { get }
  var heldBytes: Int { get }
  var isAnswered: Bool { get }
}

extension IncomingStream: EvictableStream {
  var number: UInt64 { exchange.number }
  var host: [UInt8] { connection.peer.ipBytes }
}
