/// What tasks of one lane have in common beside their key. A batch has few kinds, but may have a lane for each task.
struct LaneKind: Hashable, Sendable {
  /// The number of the type in its batch.
  let type: UInt32
  let priority: Int8
  let hasKey: Bool
  let limit: TaskLimit?
}

/// Queued tasks of one batch that are alike to the scheduler, first in first out, linked through their slots: 40 bytes.
struct Lane: Sendable {
  /// Where a lane that holds tasks waits.
  enum Place: Sendable {
    case nowhere
    /// In a stream of its batch: its tasks can be sent as soon as a node has room.
    case ready(stream: UInt32)
    /// At its key's limit.
    case limited
    /// It has a key, and no node that can run it takes work.
    case homeless
    /// Its batch rests.
    case resting
  }

  /// Zero without a key.
  let keyHash: UInt64
  /// Its place in the batch's `kinds`.
  let kind: UInt32
  var head = TaskSlot.none
  var tail = TaskSlot.none
  var count: UInt32 = 0
  /// The next lane of the same level of its stream.
  var next = TaskSlot.none
  /// The slot of its key's limiter, once one of its tasks has come to its turn.
  var limiter = TaskSlot.none
  var place = Place.nowhere

  init(keyHash: UInt64, kind: UInt32) { (self.keyHash, self.kind) = (keyHash, kind) }
}
