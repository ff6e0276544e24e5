/// Calls in the order in which they shall be given away. Each knows its place, so that one that is over leaves at once
/// and holds no memory, however long the queue stands.
struct WorkerQueue {
  private var calls: [Int: WorkerCall] = [:]
  private var first = 0
  private var end = 0

  var isEmpty: Bool { calls.isEmpty }
  var count: Int { calls.count }

  /// - Returns: its place.
  mutating func append(_ call: WorkerCall) -> Int {
    calls[end] = call
    end += 1
    return end - 1
  }

  /// Before all others.
  mutating func prepend(_ call: WorkerCall) -> Int {
    first -= 1
    calls[first] = call
    return first
  }

  mutating func remove(at place: Int) { calls[place] = nil }

  mutating func popFirst() -> WorkerCall? {
    while first < end {
      first += 1
      if let call = calls.removeValue(forKey: first - 1) { return call }
    }
    return nil
  }
}
