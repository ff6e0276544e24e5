/// What tasks of one lane have in common.
struct LaneIdentity: Hashable, Sendable {
  /// The number of the type in its batch.
  let type: UInt32
  let priority: Int8
  let key: TaskKey?
  let limit: TaskLimit?
}

/// Queued tasks of one batch that are alike to the scheduler, first in first out, linked through their slots.
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
  }

  let identity: LaneIdentity
  var head = TaskSlot.none
  var tail = TaskSlot.none
  var count: UInt32 = 0
  var place = Place.nowhere
  /// The next lane of the same level of its stream.
  var next = TaskSlot.none
  /// The slot of its key's limiter.
  var limiter = TaskSlot.none

  init(identity: LaneIdentity) { self.identity = identity }
}
