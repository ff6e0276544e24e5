/// What a server asks of each of its connections, whatever protocol is spoken on it.
protocol ServedConnection: AnyObject {
  /// Bytes that were written and that the peer has not taken.
  var queuedBytes: Int { get }
  /// Whether something was begun that the peer has not got in full.
  var hasUnsentAnswer: Bool { get }
  /// The server stops: ends the connection as soon as nothing is owed to its peer, which may be at once.
  func endOnceIdle()
  /// Closes at once; whoever uses the connection is told.
  func abort()
}
