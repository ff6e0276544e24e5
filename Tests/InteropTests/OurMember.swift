import Clockwork
import Foundation
import Gossip
import HTTP
import Loop
import Swim

/// A member of ours in this process, on a loop of its own.
struct OurMember: Sendable {
  let loop: EventLoop
  let membership: Membership
  let lines: LogLines

  var gossip: Authority { Authority(host: membership.boundAddress.ip, port: membership.boundAddress.port) }

  static func start(
    _ name: String, join: Authority?, keyFile: String?, compresses: Bool, label: String
  ) async throws -> OurMember {
    var options = ClusterOptions(role: .node)
    options.name = name
    options.gossip = Authority(host: "127.0.0.1", port: 0)
    options.join = join.map { [$0] } ?? []
    options.profile = .local
    options.gossipKeyFile = keyFile
    options.compressesGossip = compresses
    options.gossipLabel = label
    let loop = try EventLoop.start(name: name)
    let lines = LogLines()
    let log = Log(level: .debug, format: .text) { lines.append($0) }
    let started = loop.spawn { [options] in
      try await Membership.start(
        options, role: .node, http: SocketAddress(ip: "127.0.0.1", port: 55568)!, on: loop, log: log)
    }
    return OurMember(loop: loop, membership: try await started.value, lines: lines)
  }

  /// Waits until it sees `name` in this state.
  @discardableResult
  func sees(_ name: String, _ state: MemberState) async throws -> ClusterMember {
    var seen: ClusterMember?
    try await eventually("\(membership.name) should see \(name) \(state); it sees \(await states)") {
      seen = await loop.spawn { [membership] in membership.member(named: name) }.value
      return seen?.state == state
    }
    return seen!
  }

  /// Every member it lists, with its state.
  var states: [String: MemberState] {
    get async {
      let members = await loop.spawn { [membership] in membership.members }.value
      return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.state) })
    }
  }

  func drain() async { await loop.spawn { [membership] in membership.updateMeta { $0.isDraining = true } }.value }

  func leave() async {
    await loop.spawn { [membership] in
      await membership.leave()
      membership.close()
    }.value
  }

  /// As a crash: no good-bye. Once is enough.
  func kill() async {
    await loop.spawn { [membership] in membership.close() }.value
    loop.stop()
  }
}

/// What a member logged.
final class LogLines: Sendable {
  private let lines = Lock<[String]>([])

  func append(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }

  var text: String { lines.withLock { $0.joined() } }
}
