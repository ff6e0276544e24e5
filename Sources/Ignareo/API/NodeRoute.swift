/// The paths that a node answers, and the methods that each knows.
enum NodeRoute: Equatable {
  case tasks
  case task(String)
  case taskTypes
  case socket
  case shards
  case shard(String)
  case nodes
  case node(String)
  case nodeDrain(String)
  case keys
  case status
  case drain
  case alive
  case ready
  case metrics
  case openAPI

  /// - Parameter parts: the path between its slashes, percent-decoded.
  init?(_ parts: [String]) {
    switch (parts.count, parts.first) {
    case (1, "tasks"): self = .tasks
    case (2, "tasks"): self = .task(parts[1])
    case (1, "task-types"): self = .taskTypes
    case (1, "socket"): self = .socket
    case (1, "shards"): self = .shards
    case (2, "shards"): self = .shard(parts[1])
    case (1, "nodes"): self = .nodes
    case (2, "nodes"): self = .node(parts[1])
    case (3, "nodes") where parts[2] == "drain": self = .nodeDrain(parts[1])
    case (1, "keys"): self = .keys
    case (1, "status"): self = .status
    case (1, "drain"): self = .drain
    case (1, "healthz"): self = .alive
    case (1, "readyz"): self = .ready
    case (1, "metrics"): self = .metrics
    case (1, "openapi.json"): self = .openAPI
    default: return nil
    }
  }

  var template: Template {
    switch self {
    case .tasks: .tasks
    case .task: .task
    case .taskTypes: .taskTypes
    case .socket: .socket
    case .shards: .shards
    case .shard: .shard
    case .nodes: .nodes
    case .node: .node
    case .nodeDrain: .nodeDrain
    case .keys: .keys
    case .status: .status
    case .drain: .drain
    case .alive: .alive
    case .ready: .ready
    case .metrics: .metrics
    case .openAPI: .openAPI
    }
  }

  /// A route without what stands in it: what answers are counted by, and what `/openapi.json` describes.
  enum Template: Int, CaseIterable {
    case tasks, task, taskTypes, socket, shards, shard, nodes, node, nodeDrain, keys
    case status, drain, alive, ready, metrics, openAPI

    var path: String {
      switch self {
      case .tasks: "/tasks"
      case .task: "/tasks/{id}"
      case .taskTypes: "/task-types"
      case .socket: "/socket"
      case .shards: "/shards"
      case .shard: "/shards/{id}"
      case .nodes: "/nodes"
      case .node: "/nodes/{name}"
      case .nodeDrain: "/nodes/{name}/drain"
      case .keys: "/keys"
      case .status: "/status"
      case .drain: "/drain"
      case .alive: "/healthz"
      case .ready: "/readyz"
      case .metrics: "/metrics"
      case .openAPI: "/openapi.json"
      }
    }

    var methods: [String] {
      switch self {
      case .tasks, .keys, .shards: ["GET", "HEAD", "POST"]
      case .task: ["GET", "HEAD", "DELETE"]
      case .socket: ["GET"]
      case .drain, .nodeDrain: ["POST"]
      case .shard: ["GET", "DELETE"]
      case .taskTypes, .nodes, .node, .status, .alive, .ready, .metrics, .openAPI: ["GET", "HEAD"]
      }
    }
  }
}
