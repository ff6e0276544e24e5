import Clockwork
import HTTP
import Loop

/// The addresses behind the names of `--join`: resolved for ever, since names move, and told whenever they change.
final class JoinAddresses: @unchecked Sendable {
  // Guarded by: the loop's thread.
  private let loop: EventLoop
  private let log: Log
  private let changed: ([SocketAddress]) -> Void
  private var resolved: [[SocketAddress]]
  private var tasks: [Task<Void, any Error>] = []

  init(_ authorities: [Authority], on loop: EventLoop, log: Log, changed: @escaping ([SocketAddress]) -> Void) {
    (self.loop, self.log, self.changed) = (loop, log, changed)
    resolved = authorities.map { SocketAddress(ip: $0.host, port: $0.port).map { [$0] } ?? [] }
    for (index, authority) in authorities.enumerated() where resolved[index].isEmpty {
      tasks.append(loop.spawn { [weak self] in try await self?.follow(authority, index) })
    }
  }

  /// Every address known so far, in the order of the names, each once.
  var all: [SocketAddress] {
    var seen: Set<SocketAddress> = []
    return resolved.joined().filter { seen.insert($0).inserted }
  }

  func stop() {
    for task in tasks { task.cancel() }
    tasks = []
  }

  private func follow(_ authority: Authority, _ index: Int) async throws {
    var complained: Instant?
    while true {
      do throws(LoopError) {
        let addresses = try await Resolver.resolve(host: authority.host, port: authority.port, on: loop)
        if addresses != resolved[index] {
          resolved[index] = addresses
          changed(all)
        }
      } catch {
        if complained.map({ loop.now - $0 >= GossipLimits.complaintInterval }) ?? true {
          complained = loop.now
          log.warning(
            "join_unreachable",
            ["join": "\(authority)", "cause": "\(error)", "way_out": "check the name; this member goes on trying"])
        }
      }
      try await loop.sleep(for: resolved[index].isEmpty ? GossipLimits.resolveAgain : GossipLimits.resolveRefresh)
    }
  }
}
