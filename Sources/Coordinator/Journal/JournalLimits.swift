/// The bounds of the journal, in one place.
enum JournalLimits {
  /// Bytes of one log that wait before they are written without being asked for.
  static let commitBytes = 1 << 20
  /// Bytes that one group writes, more or less, and those of one log among them: however much waits of one batch, a
  /// small one's record goes with the group that comes next.
  static let groupBytes = 8 << 20
  static let partBytes = 2 << 20
  /// A log with more to write than this does not go with the small ones.
  static let quickBytes = 256 << 10
  /// What of a log stays in memory behind what was written last.
  static let keptBytes = 128 << 10
  /// Bytes of one submission that may wait for the disk before its sender is slowed down.
  static let submissionBytes = 16 << 20
  /// Bytes of results that may wait for the disk before nothing new is sent.
  static let waitingBytes = 64 << 20
  /// What must be left on the disk: running batches pause before it is full to the last byte.
  static let spareBytes = 16 << 20
  /// In trouble, the disk is tried again so often.
  static let retryInterval: Duration = .milliseconds(500)
  /// Bytes of a log that are read at once when it is read as a whole.
  static let scanBytes = 1 << 20
  /// Bytes of a log that are read at once for single records.
  static let readBytes = 256 << 10
  /// Records go to the engine in pieces of so many bytes.
  static let pieceBytes = 64 << 10
  /// Different kinds of tasks of one batch whose numbers are remembered while it is submitted.
  static let lanesRemembered = 100_000
  /// Tasks of ended batches whose results are found without reading their log first: four bytes each.
  static let indexedTasks = 4_000_000
}
