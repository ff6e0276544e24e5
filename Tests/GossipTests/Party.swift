import Clockwork
import HTTP
import Loop
import Swim
import Testing

@testable import Gossip

/// A member of a test's cluster on a loop of its own.
struct Party: Sendable {
  let loop: EventLoop
  let membership: Membership
  let lines: LogLines

  var gossip: Authority { Authority(host: membership.boundAddress.ip, port: membership.boundAddress.port) }

  static func options(
    _ name: String, join: [Authority] = [], keyFile: String? = nil, role: ClusterOptions.Role = .node
  ) -> ClusterOptions {
    var options = ClusterOptions(role: role)
    options.name = name
    options.gossip = Authority(host: "127.0.0.1", port: 0)
    options.join = join
    options.profile = .local
    options.gossipKeyFile = keyFile
    return options
  }

  static func start(
    _ name: String, join: [Authority] = [], keyFile: String? = nil, role: ClusterOptions.Role = .node,
    tags: [String: String] = [:], http: SocketAddress? = nil
  ) async throws -> Party {
    let options = options(name, join: join, keyFile: keyFile, role: role)
    return try await start(options, role: role, tags: tags, http: http)
  }

  static func start(
    _ options: ClusterOptions, role: ClusterOptions.Role = .node, tags: [String: String] = [:],
    http: SocketAddress? = nil, dataFolder: String? = nil
  ) async throws -> Party {
    let loop = try EventLoop.start(name: options.name ?? "member")
    let lines = LogLines()
    let log = Log(level: .debug, format: .text) { lines.append($0) }
    let http = try #require(http ?? SocketAddress(ip: "127.0.0.1", port: 55568))
    let start = loop.spawn {
      try await Membership.start(
        options, role: role, http: http, tags: tags, dataFolder: dataFolder, on: loop, log: log)
    }
    do {
      return Party(loop: loop, membership: try await start.value, lines: lines)
    } catch {
      loop.stop()
      throw error
    }
  }

  func members() async -> [ClusterMember] { await loop.spawn { [membership] in membership.members }.value }

  /// Waits until the members satisfy `condition`: at each change, and now and then for what gives no event.
  func waits(
    _ what: String, within limit: Duration = .seconds(30), _ condition: @escaping @Sendable ([ClusterMember]) -> Bool
  ) async throws {
    let membership = membership
    let loop = loop
    let isMet = await loop.spawn {
      let deadline = loop.now + limit
      while !condition(membership.members) {
        guard loop.now < deadline else { return false }
        try? await loop.sleep(for: .milliseconds(20))
      }
      return true
    }.value
    let members = await members().map { "\($0.name) \($0.state)" }
    #expect(isMet, "\(what); \(membership.name) sees \(members)\n\(lines.text)")
  }

  /// Waits until exactly these members are seen alive.
  func sees(_ names: String...) async throws {
    try await waits("sees \(names)") { members in
      members.filter { $0.state == .alive }.map(\.name) == names.sorted()
    }
  }

  func on<Value: Sendable>(_ body: @escaping @Sendable (Membership) -> Value) async -> Value {
    await loop.spawn { [membership] in body(membership) }.value
  }

  /// As a crash: no good-bye.
  func kill() async {
    await loop.spawn { [membership] in membership.close() }.value
    loop.stop()
  }

  func leave() async {
    await loop.spawn { [membership] in
      await membership.leave()
      membership.close()
    }.value
    loop.stop()
  }
}

/// What a member logged, shown when its test fails.
final class LogLines: Sendable {
  private let lines = Lock<[String]>([])

  func append(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }

  var text: String { lines.withLock { $0.joined() } }
}
