/// Every bound of the loop in one place.
package enum LoopLimits {
  /// What begins in one turn on the tasks of `Carriers`, so that many at once do not keep a loop from its other work.
  package static let startsPerTurn = 256
  /// Swift tasks that wait on a loop for something to carry; each holds 1.4 KB.
  static let idleCarriers = 256
  /// Ready descriptors taken from the kernel in one turn.
  static let eventsPerTurn = 512
  /// Events that are handled before what they have set off is run and sent.
  static let eventsPerBatch = 32
  /// Jobs run before the descriptors get their turn again, so that a storm of jobs starves no socket.
  static let jobsPerTurn = 4096
  /// Turns that a stopping loop grants to the jobs it still holds.
  static let turnsToStop = 1000
  /// Bytes read from one socket at a time; one buffer serves a loop's every connection.
  static let receiveBytes = 65_536
  /// Reads from one connection before the next one gets its turn.
  static let readsPerEvent = 1
  /// Connections accepted before the next descriptor gets its turn.
  static let acceptsPerEvent = 64
  /// Datagrams read before the next descriptor gets its turn.
  static let datagramsPerEvent = 64
  /// Asked of the kernel for datagrams that wait to be read; it grants what `net.core.rmem_max` allows.
  static let datagramBufferBytes: Int32 = 4 << 20
  /// Queued bytes above which a connection calls itself congested, and below which it asks for more.
  package static let congestedBytes = 262_144
  package static let drainedBytes = 65_536
  /// The same for a pipe: as much as the kernel's own buffer holds, so that a reader who keeps up never waits.
  package static let congestedPipeBytes = 65_536
  static let drainedPipeBytes = 16_384
  /// Reads from one pipe before the next descriptor gets its turn: who writes there may say much in many small lines.
  static let pipeReadsPerEvent = 1
  /// Reads from a pipe whose writer has ended: all that a pipe can hold, though not all that others write meanwhile.
  static let readsAtEnd = 64
  /// How often a process is looked after that cannot be watched.
  static let exitLook: Duration = .milliseconds(20)
  /// Threads that wait in the C library's resolver, each for half a minute when a name server is silent, and names that
  /// may wait for one of them.
  package static let resolverThreads = 32
  static let resolverQueue = 200_000
  /// How long a name may wait for a thread.
  static let resolverWait: Duration = .seconds(60)
  /// How long a dial waits for one address before it tries the next beside it: RFC 8305, section 8.
  static let attemptDelay: Duration = .milliseconds(250)
  /// Pending connections that the kernel holds for a listener.
  package static let listenBacklog: Int32 = 4096
  /// How long a peer may take nothing of what is queued for it while its connection closes.
  static let closingStall: Duration = .seconds(30)
  /// How long a closing connection waits for its peer to have read the end.
  static let linger: Duration = .seconds(2)
  /// How long a listener pauses when descriptors are used up: accepting at once again would spin.
  static let acceptPause: Duration = .milliseconds(100)
}
