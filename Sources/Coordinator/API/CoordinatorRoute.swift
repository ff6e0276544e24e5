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
  case openAPI

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
    case (1, "openapi.json"): self = .openAPI
    default: return nil
    }
  }

  var template: Template {
    switch self {
    case .batches: .batches
    case .batch: .batch
    case .results: .results
    case .summary: .summary
    case .events: .events
    case .task: .task
    case .tasks: .tasks
    case .close: .close
    case .pools: .pools
    case .pool: .pool
    case .poolItems: .poolItems
    case .poolClose: .poolClose
    case .nodes: .nodes
    case .node: .node
    case .nodeDrain: .nodeDrain
    case .keys: .keys
    case .taskTypes: .taskTypes
    case .status: .status
    case .metrics: .metrics
    case .alive: .alive
    case .ready: .ready
    case .openAPI: .openAPI
    }
  }

  /// A route without what stands in it: what `/openapi.json` describes.
  enum Template: CaseIterable {
    case batches, batch, tasks, close, results, summary, events, task, pools, pool, poolItems, poolClose
    case nodes, node, nodeDrain, keys, taskTypes, status, metrics, alive, ready, openAPI

    var path: String {
      switch self {
      case .batches: "/batches"
      case .batch: "/batches/{id}"
      case .results: "/batches/{id}/results"
      case .summary: "/batches/{id}/summary"
      case .events: "/batches/{id}/events"
      case .task: "/batches/{id}/tasks/{index}"
      case .tasks: "/batches/{id}/tasks"
      case .close: "/batches/{id}/close"
      case .pools: "/pools"
      case .pool: "/pools/{name}"
      case .poolItems: "/pools/{name}/items"
      case .poolClose: "/pools/{name}/close"
      case .nodes: "/nodes"
      case .node: "/nodes/{name}"
      case .nodeDrain: "/nodes/{name}/drain"
      case .keys: "/keys"
      case .taskTypes: "/task-types"
      case .status: "/status"
      case .metrics: "/metrics"
      case .alive: "/healthz"
      case .ready: "/readyz"
      case .openAPI: "/openapi.json"
      }
    }

    var methods: [String] {
      switch self {
      case .batches, .keys: ["GET", "HEAD", "POST"]
      case .batch, .pool: ["GET", "HEAD", "DELETE"]
      case .tasks, .close, .poolItems, .poolClose, .nodeDrain: ["POST"]
      case .results, .summary, .events, .task, .pools, .nodes, .node, .taskTypes, .status, .metrics, .alive, .ready,
        .openAPI:
        ["GET", "HEAD"]
      }
    }
  }
}
