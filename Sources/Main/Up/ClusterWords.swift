import Glibc
import JSON

/// What `up` says of its cluster, and what it reads in the coordinator's answers.
enum ClusterWords {
  static func readyLine(coordinator: ReadyMember, nodes: [ReadyMember]) -> String {
    var writer = JSONWriter()
    writer.object {
      $0.member("event", "ready")
      $0.member("role", "up")
      $0.member("name", "up")
      $0.member("http", coordinator.http)
      $0.member("gossip", coordinator.gossip)
      $0.member("pid", getpid())
      $0.member("coordinator", "http://\(coordinator.http)")
      $0.member("children") {
        $0.array {
          for member in [coordinator] + nodes {
            $0.object {
              $0.member("role", member.role)
              $0.member("name", member.name)
              $0.member("http", member.http)
              $0.member("gossip", member.gossip)
              $0.member("pid", member.pid)
            }
          }
        }
      }
    }
    writer.endLine()
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  static func greeting(coordinator: ReadyMember, nodes: Int) -> String {
    let flag = coordinator.http == "127.0.0.1:55555" ? "" : " --coordinator http://\(coordinator.http)"
    return """
      \(Quantity.counted(nodes, "node")) and a coordinator are ready at http://\(coordinator.http)
        ignareo nodes\(flag)
        ignareo submit FILE\(flag)
      Ctrl-C ends them all.
      """
  }

  /// The nodes of a `GET /nodes` that are alive and whose load is known.
  static func countReady(_ answer: JSONValue) -> Int {
    (answer["nodes"]?.elements ?? []).count { node in
      node["role"]?.string == "node" && node["state"]?.string == "alive" && node["capacity"]?.int != nil
    }
  }
}
