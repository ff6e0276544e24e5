import Clockwork
import HTTP
import Loop
import Net

/// Tells nodes which shards' results are durable here, so that they need not keep them: with the next shard that a node
/// gets, or by themselves where none comes soon. One that gets lost costs a node memory for a minute, and nothing else.
///
/// Guarded by: the loop's thread.
final class Acknowledgements: @unchecked Sendable {
  private struct Waiting {
    let authority: Authority
    var ids: [UUIDv7] = []
    var timer: LoopTimer?
    var isSending = false
  }

  private let client: HTTPClient
  private let patience: Duration
  private var nodes: [String: Waiting] = [:]

  /// - Parameter patience: how long one waits for the node's next shard.
  init(client: HTTPClient, patience: Duration = CoordinatorLimits.acknowledgeWithin) {
    (self.client, self.patience) = (client, patience)
  }

  func add(_ ids: [UUIDv7], of node: String, at authority: Authority) {
    guard !ids.isEmpty else { return }
    var waiting = nodes[node] ?? Waiting(authority: authority)
    if waiting.authority != authority {
      waiting.timer?.cancel()
      waiting = Waiting(authority: authority)
    }
    waiting.ids = (waiting.ids + ids).suffix(CoordinatorLimits.acknowledgementsWaiting)
    if waiting.timer?.isPending != true, !waiting.isSending {
      waiting.timer = client.loop.schedule(after: patience) { [weak self] in
        self?.send(to: node)
      }
    }
    nodes[node] = waiting
  }

  /// Those that the next request to the node is to carry.
  func take(for node: String) -> [UUIDv7] {
    guard var waiting = nodes[node], !waiting.ids.isEmpty else { return [] }
    let taken = Array(waiting.ids.prefix(CoordinatorLimits.acknowledgementsAtOnce))
    waiting.ids.removeFirst(taken.count)
    if waiting.ids.isEmpty { waiting.timer?.cancel() }
    nodes[node] = waiting
    return taken
  }

  func forget(_ node: String) { nodes.removeValue(forKey: node)?.timer?.cancel() }

  /// Whether nothing waits, and nothing is on its way.
  var isIdle: Bool { nodes.values.allSatisfy { $0.ids.isEmpty && !$0.isSending } }

  func close() {
    for waiting in nodes.values { waiting.timer?.cancel() }
    nodes = [:]
  }

  /// One after the other.
  private func send(to node: String) {
    guard let waiting = nodes[node], let id = waiting.ids.first else {
      nodes[node] = nil
      return
    }
    nodes[node]?.ids.removeFirst()
    nodes[node]?.isSending = true
    _ = client.start(
      ShardRequest(authority: waiting.authority).forget(id), onHead: { _ in }, onBody: { _ in },
      onEnd: { [weak self] result in
        guard let self, nodes[node]?.authority == waiting.authority else { return }
        if case .failure = result { nodes[node]?.ids = [] }
        nodes[node]?.isSending = false
        send(to: node)
      })
  }
}
