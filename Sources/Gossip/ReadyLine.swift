import Glibc
import JSON

/// The one line that a process prints to standard output, once it can be used.
///
///     {"event":"ready","role":"node","name":"n1","http":"127.0.0.1:55568","gossip":"127.0.0.1:7946","pid":123}
package struct ReadyLine: Sendable {
  package let role: ClusterOptions.Role
  package let name: String
  /// The bound addresses, with the ports that were picked where 0 was asked for.
  package let http: String
  package let gossip: String

  package init(role: ClusterOptions.Role, name: String, http: String, gossip: String) {
    (self.role, self.name, self.http, self.gossip) = (role, name, http, gossip)
  }

  /// The line with its line break.
  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object { line in
      line.member("event", "ready")
      line.member("role", role.rawValue)
      line.member("name", name)
      line.member("http", http)
      line.member("gossip", gossip)
      line.member("pid", Int(getpid()))
    }
    writer.endLine()
    return writer.bytes
  }

  /// Writes the whole line at once. A closed standard output is no reason to stop serving.
  package func write() {
    let bytes = bytes
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress! + start, $0.count - start) }
      if count > 0 { start += count } else if count == 0 || errno != EINTR { return }
    }
  }
}
