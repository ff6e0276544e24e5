import Clockwork
import Foundation
import Gossip
import HTTP
import Loop
import Swim
import Testing

/// A member of ours in this process, on a loop of its own.
struct OurMember: Sendable {
  let loop: EventLoop
  let membership: Membership

  var gossip: Authority { Authority(host: membership.boundAddress.ip, port: membership.boundAddress.port) }

  static func start(_ name: String, join: Authority? = nil, key: GossipKey? = nil) async throws -> OurMember {
    var options = ClusterOptions(role: .node)
    options.name = name
    options.gossip = Authority(host: "127.0.0.1", port: 0)
    options.join = join.map { [$0] } ?? []
    options.profile = .local
    let keyFile = FileManager.default.temporaryDirectory.appending(path: "ignareo-interop-\(UUID()).key")
    defer { try? FileManager.default.removeItem(at: keyFile) }
    if let key {
      try Data(key.base64.utf8).write(to: keyFile)
      options.gossipKeyFile = keyFile.path(percentEncoded: false)
    }
    let loop = try EventLoop.start(name: name)
    let started = loop.spawn { [options] in
      try await Membership.start(
        options, role: .node, http: SocketAddress(ip: "127.0.0.1", port: 55568)!, on: loop, log: .silent)
    }
    return OurMember(loop: loop, membership: try await started.value)
  }

  /// Waits until it sees `name` in this state.
  func sees(_ name: String, _ state: MemberState) async throws -> ClusterMember? {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      let member = await loop.spawn { [membership] in membership.member(named: name) }.value
      if member?.state == state { return member }
      try await Task.sleep(for: .milliseconds(20))
    }
    let members = await loop.spawn { [membership] in membership.members.map { "\($0.name) \($0.state)" } }.value
    Issue.record("\(membership.name) should see \(name) \(state); it sees \(members)")
    return nil
  }

  func drain() async { await loop.spawn { [membership] in membership.updateMeta { $0.isDraining = true } }.value }

  func leave() async {
    await loop.spawn { [membership] in
      await membership.leave()
      membership.close()
    }.value
    loop.stop()
  }

  /// As a crash: no good-bye.
  func kill() async {
    await loop.spawn { [membership] in membership.close() }.value
    loop.stop()
  }
}
