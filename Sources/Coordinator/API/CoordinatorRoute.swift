import Clockwork

/// The paths that a coordinator answers, and the methods that each knows.
enum CoordinatorRoute: Equatable {
  case batches
  /// Nil for what is no batch's id: answered as a batch that is not there.
  case batch(UUIDv7?)
  case results(UUIDv7?)
  case summary(UUIDv7?)
  case events(UUIDv7?)
  case task(UUIDv7?, index: String)
  /// More tasks for an open batch.
  case tasks(UUIDv7?)
  case close(UUIDv7?)
  case pools
  case pool(String)
  case poolItems(String)
  case poolClose(String)
  case nodes
  case node(String)
  case nodeDrain(String)
  case keys
  case taskTypes
  case status
  case metrics
  case alive
  case ready

  /// - Parameter parts: the path between its slashes, percent-decoded.
  init?(_ parts: [String]) {
    switch (parts.count, parts.first) {
    case (1, "batches"): self = .batches
    case (2, "batches"): self = .batch(UUIDv7(parts[1]))
    case (3, "batches") where parts[2] == "results": self = .results(UUIDv7(parts[1]))
    case (3, "batches") where parts[2] == "summary": self = .summary(UUIDv7(parts[1]))
    case (3, "batches") where parts[2] == "events": self = .events(UUIDv7(parts[1]))
    case (3, "batches") where parts[2] == "tasks": self = .tasks(UUIDv7(parts[1]))
    case (3, "batches") where parts[2] == "close": self = .close(UUIDv7(parts[1]))
    case (4, "batches") where parts[2] == "tasks": self = .task(UUIDv7(parts[1]), index: parts[3])
    case (1, "pools"): self = .pools
    case (2, "pools"): self = .pool(parts[1])
    case (3, "pools") where parts[2] == "items": self = .poolItems(parts[1])
    case (3, "pools") where parts[2] == "close": self = .poolClose(parts[1])
    case (1, "nodes"): self = .nodes
    case (2, "nodes"): self = .node(parts[1])
    case (3, "nodes") where parts[2] == "drain": self = .nodeDrain(parts[1])
    case (1, "keys"): self = .keys
    case (1, "task-types"): self = .taskTypes
    case (1, "status"): self = .status
    case (1, "metrics"): self = .metrics
    case (1, "healthz"): self = .alive
    case (1, "readyz"): self = .ready
    default: return nil
    }
  }

  var methods: [String] {
    switch self {
    case .batches, .keys: ["GET", "HEAD", "POST"]
    case .batch, .pool: ["GET", "HEAD", "DELETE"]
    case .tasks, .close, .poolItems, .poolClose: ["POST"]
    case .nodeDrain: ["POST"]
    default: ["GET", "HEAD"]
    }
  }
}
