import Batch
import Clockwork
import HTTP
import Loop
import Net

/// Shards whose exchange broke, and those that a node has from an earlier process.
extension Dispatcher {
  /// Asks a node which shards of this coordinator it holds; the answer comes once, within a few seconds.
  func heldShards(
    at authority: Authority, _ then: @escaping (Result<[HeldShard], HeldShard.ListError>) -> Void
  ) {
    loop.assertCurrent()
    var (status, body) = (0, [UInt8]())
    _ = control.start(
      ShardRequest(authority: authority).list(of: sender.name), onHead: { status = $0.status }, onBody: { body += $0 },
      onEnd: { result in
        switch result {
        case .failure(let error): then(.failure(HeldShard.ListError(message: error.message)))
        case .success where status != 200: then(.failure(HeldShard.ListError(message: "it answered \(status)")))
        case .success: then(Result { () throws(HeldShard.ListError) in try HeldShard.list(body) })
        }
      })
  }

  /// Takes up a shard that its node holds, and that the scheduler counts as sent there.
  func reattach(_ shard: Shard, wireID: UUIDv7, at authority: Authority) {
    loop.assertCurrent()
    let total = max(book[shard.batch]?.total ?? 0, shard.entries.count)
    exchange(for: shard, wireID: wireID, at: authority, linesAtMost: total).attach()
  }

  /// A new exchange, which is not begun yet.
  func exchange(
    for shard: Shard, wireID: UUIDv7, at authority: Authority, done: [UUIDv7] = [], linesAtMost: Int? = nil
  ) -> ShardExchange {
    let exchange = ShardExchange(
      shard, wireID: wireID, to: authority, done: done, linesAtMost: linesAtMost, on: client,
      sender: { [unowned self] in sender }
    ) { [weak self] event in self?.take(event, of: shard) }
    exchange.nodeHasLeft = leaving[shard.node] != nil
    exchanges[shard.id] = exchange
    return exchange
  }

  // MARK: A node that is being reached again

  /// While the exchange of a shard is broken, its node gets nothing new.
  func noteDetached(_ shard: Shard) {
    let isFirst = detached[shard.node] == nil
    detached[shard.node, default: []].insert(shard.id)
    if isFirst { reportNode(shard.node) }
  }

  func noteAttached(_ shard: Shard) {
    guard detached[shard.node]?.remove(shard.id) != nil, detached[shard.node]?.isEmpty == true else { return }
    detached[shard.node] = nil
    reportNode(shard.node)
  }

  /// What the scheduler is to think of the node.
  func view(of report: NodeReport) -> NodeReport {
    guard detached[report.name] != nil, report.availability == .open else { return report }
    var report = report
    report.availability = .suspect
    return report
  }

  // MARK: What nodes need not keep

  /// Once all that the shard's exchange told is durable, its node is told so.
  func acknowledge(_ exchange: ShardExchange) {
    let (node, authority, id) = (exchange.shard.node, exchange.authority, exchange.wireID)
    // Behind this turn, whose results are on their way to the journal.
    loop.execute { [weak self] in
      guard let self else { return }
      let tell = { [weak self] in
        guard let self, authorities[node] == authority else { return }
        acknowledgements.add([id], of: node, at: authority)
      }
      if let batch = book[exchange.shard.batch] { keeper.mark(batch, tell) } else { tell() }
    }
  }

  /// Of a shard of which nothing is wanted any more, while its node may still run it: asked once, for the node forgets
  /// by itself what nobody takes up.
  func tellToForget(_ wireID: UUIDv7, at authority: Authority) {
    _ = control.start(
      ShardRequest(authority: authority).forget(wireID), onHead: { _ in }, onBody: { _ in }, onEnd: { _ in })
  }
}
