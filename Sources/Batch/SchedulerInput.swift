package import Clockwork

extension Scheduler {
  package enum Input: Sendable {
    /// A batch that is safe in the journal. A batch that is known already is ignored.
    case batchAdded(UUIDv7, TaskTable)
    /// More tasks of an open batch, safe in the journal.
    case tasksAdded(UUIDv7, TaskTable)
    /// An open batch gets no more; it is closed for good.
    case batchClosed(UUIDv7)
    /// A node that appeared, or what it says of itself now.
    case node(NodeReport)
    /// Dead, left, or no longer a node: what it held is lost.
    case nodeGone(name: String)
    /// A shard has gone on its way to its node: what is told of its attempts' times counts from here. It is not always
    /// told: then they count from the effect that sent it.
    case transmitted(ShardID)
    /// Attempts that ended, as lines of a shard's exchange told it.
    case attempts(ShardID, [AttemptEnd])
    case shardEnded(ShardID, ShardEnd)
    case cancel(UUIDv7)
    /// Whether nothing new may be sent, for want of room for the results.
    case hold(Bool)
    /// A moment asked for by `Effect.wake` has come.
    case wake
  }
}

/// A shard's name inside the scheduler.
package typealias ShardID = SlotKey

/// A node as gossip and its own status describe it.
package struct NodeReport: Sendable, Equatable {
  package enum Availability: Sendable, Equatable {
    case open
    /// These keep what they have and get nothing new.
    case suspect, slow, draining
  }

  package var name: String
  package var availability: Availability
  /// Tasks that it runs at once.
  package var capacity: Int
  /// Tasks that it holds, whoever sent them.
  package var load: Int
  /// How many coordinators have tasks there, this one among them or not.
  package var coordinators: Int
  package var taskTypes: [String]

  package init(
    name: String, availability: Availability = .open, capacity: Int, load: Int = 0,
    coordinators: Int = 0, taskTypes: [String]
  ) {
    self.name = name
    self.availability = availability
    self.capacity = capacity
    self.load = load
    self.coordinators = coordinators
    self.taskTypes = taskTypes
  }
}
