package import HTTP
import Loop

/// What every member is told at its start, whatever its role: who it is, where it listens, whom it joins.
package struct ClusterOptions: Sendable {
  /// What a process of ours does in the cluster.
  package enum Role: String, CaseIterable, Sendable { case node, coordinator }

  /// Which network the gossip's timings are for: one site, the internet, or one machine.
  package enum Profile: String, CaseIterable, Sendable { case lan, wan, local }

  package enum LogLevel: String, CaseIterable, Sendable {
    case debug, info, warning, error

    var level: Log.Level {
      switch self {
      case .debug: .debug
      case .info: .info
      case .warning: .warning
      case .error: .error
      }
    }
  }

  package enum LogFormat: String, CaseIterable, Sendable {
    case text, json

    var format: Log.Format { self == .text ? .text : .json }
  }

  /// The member's name in the cluster; nil takes the host's name and the gossip port, as `host-7946`.
  package var name: String?
  /// Where the HTTP API listens; port 0 picks a free one.
  package var http: Authority
  /// Where gossip listens, UDP and TCP on one port; port 0 picks one that is free for both.
  package var gossip: Authority
  /// The host that others dial; nil takes the bound one, and this machine's own address where that is a wildcard.
  package var advertise: String?
  /// The hosts of its flags by which it is called.
  package var ownNames: [String] { [http.host, advertise].compactMap { $0 } }
  package var join: [Authority]
  package var profile: Profile
  /// A file of base64 keys, one a line: the first encrypts, all are tried. nil: gossip in the clear.
  package var gossipKeyFile: String?
  /// Keeps clusters apart that can reach each other; empty for none. At most 255 bytes.
  package var gossipLabel = ""
  /// Whether gossip is compressed on its way out; what comes in is read either way.
  package var compressesGossip = false
  package var logLevel: LogLevel
  package var logFormat: LogFormat
  /// How long running work may take to finish after SIGTERM.
  package var drainTimeout: Duration

  /// The contract's defaults for a role.
  package init(role: Role) {
    switch role {
    case .node:
      http = Authority(host: "127.0.0.1", port: 55568)
      gossip = Authority(host: "127.0.0.1", port: 7947)
    case .coordinator:
      http = Authority(host: "127.0.0.1", port: 55555)
      gossip = Authority(host: "127.0.0.1", port: 7946)
    }
    join = []
    profile = .lan
    logLevel = .info
    logFormat = .text
    drainTimeout = .seconds(30)
  }
}
