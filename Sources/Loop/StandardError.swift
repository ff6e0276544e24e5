import Glibc

/// Where log lines go: a descriptor whose reader may stall for a moment, but cannot stop who writes there.
///
/// A loop that waited for a terminal that is paused, or for a log collector that hangs, would answer nobody meanwhile,
/// and its cluster would take it for dead. What finds no room within `patience` is dropped, and the next line that does
/// says how many there were. The descriptor may be shared with other processes, so it is not made non-blocking.
package final class StandardError: Sendable {
  package static let shared = StandardError(STDERR_FILENO)

  /// A pipe that is ready has room for as much (`PIPE_BUF`): a write of no more does not block.
  private static let pieceBytes = 4096
  private static let patience: Duration = .milliseconds(50)

  private let descriptor: Int32
  /// Lines dropped since the last one that was written. The lock is held while a line is written, so that none is torn
  /// and no other thread takes the room that this one has found.
  private let dropped = Lock(0)

  package init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Any thread. One whole line.
  package func write(_ line: [UInt8]) {
    dropped.withLock { dropped in
      // Who has waited in vain once does not wait again before there is room.
      guard hasRoom(within: dropped == 0 ? Self.patience : .zero) else {
        dropped += 1
        return
      }
      if dropped > 0 {
        put(Array("\(dropped) log lines were dropped here: nobody read them\n".utf8)[...])
        dropped = 0
      }
      put(line[...])
    }
  }

  /// What finds no room in the middle of a line ends it there.
  private func put(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while !rest.isEmpty, hasRoom(within: Self.patience) {
      let count = rest.prefix(Self.pieceBytes).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return }
    }
  }

  private func hasRoom(within limit: Duration) -> Bool {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let milliseconds = Int32(limit.components.attoseconds / 1_000_000_000_000_000)
    return poll(&wanted, 1, milliseconds) != 0
  }
}
