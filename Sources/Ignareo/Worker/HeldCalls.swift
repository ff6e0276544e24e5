/// The calls that one process has, by their identifiers, each with the place of its line's end in all that was written
/// for the process.
struct HeldCalls {
  private var calls: [Int: (call: WorkerCall, lineEnd: Int)] = [:]

  var count: Int { calls.count }

  mutating func add(_ call: WorkerCall, id: Int, lineEnd: Int) { calls[id] = (call, lineEnd) }

  /// Nil for an identifier that the process does not have: a second answer, or a slip.
  mutating func take(_ id: Int) -> WorkerCall? { calls.removeValue(forKey: id)?.call }

  /// Empties it when the process has ended: a call whose line was not read to its end surely had no effect.
  ///
  /// - Returns: each in the order in which they were given.
  mutating func takeAll(readBytes: Int) -> (read: [WorkerCall], unread: [WorkerCall]) {
    let all = calls.sorted { $0.key < $1.key }.map(\.value)
    calls = [:]
    return (all.filter { $0.lineEnd <= readBytes }.map(\.call), all.filter { $0.lineEnd > readBytes }.map(\.call))
  }
}
