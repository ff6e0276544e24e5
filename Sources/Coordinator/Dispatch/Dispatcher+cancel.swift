import Batch
import HTTP
import Loop
import Net

/// Cancellations on their way to the nodes.
extension Dispatcher {
  /// - Parameters:
  ///   - batch: one that runs.
  ///   - then: called once a coordinator that is started again will know of it.
  func cancel(_ batch: BatchRecord, _ then: @escaping () -> Void) {
    batch.journal.appendCancelled()
    let cancelled = { [self] in
      if takeover.cancel(batch.id) { releaseCancelled(batch.id) } else { feed(.cancel(batch.id)) }
    }
    if let intake = batch.intake { intake.cancel(cancelled) } else { cancelled() }
    batch.journal.makeResultsDurable(then)
  }

  func cancelShard(_ id: ShardID) {
    if let exchange = exchanges[id] {
      cancel(exchange, retries: CoordinatorLimits.cancelRetries)
    } else if preparing.removeValue(forKey: id) != nil {
      feed(.shardEnded(id, .notSent))
    }
  }

  /// Asks the node to cancel; the attempts then end on the exchange. A node that does not know the shard may not have
  /// read it yet, and one that cannot be reached may be in a moment: it is asked again. In the end the exchange is
  /// broken off: the node cancels by itself what nobody takes up again.
  private func cancel(_ exchange: ShardExchange, retries: Int) {
    let id = exchange.shard.id
    var status = 0
    _ = control.start(
      ShardRequest(authority: exchange.authority).cancel(exchange.wireID), onHead: { status = $0.status },
      onBody: { _ in },
      onEnd: { [weak self] result in
        guard let self, exchanges[id] === exchange else { return }
        if case .success = result, (200...299).contains(status) { return }
        guard retries > 0 else { return breakOff(exchange) }
        loop.schedule(after: CoordinatorLimits.cancelRetry) { [weak self] in
          guard let self, exchanges[id] === exchange else { return }
          cancel(exchange, retries: retries - 1)
        }
      })
  }

  /// Asks the node to cancel some of a shard's tasks. If it cannot be asked they run to their end, which nobody hears.
  func cancelTasks(_ indices: [Int], of id: ShardID, retries: Int = CoordinatorLimits.cancelRetries) {
    guard let exchange = exchanges[id] else {
      // It is not sent yet, or over.
      guard preparing[id] != nil else { return }
      return again(cancelling: indices, of: id, retries: retries)
    }
    let request = ShardRequest(authority: exchange.authority)
      .cancel(exchange.wireID, indices.prefix(CoordinatorLimits.indicesCancelled))
    var status = 0
    _ = control.start(
      request, onHead: { status = $0.status }, onBody: { _ in },
      onEnd: { [weak self] _ in
        guard let self, exchanges[id] === exchange else { return }
        if (200...299).contains(status) {
          let rest = Array(indices.dropFirst(CoordinatorLimits.indicesCancelled))
          if !rest.isEmpty { cancelTasks(rest, of: id) }
        } else {
          again(cancelling: indices, of: id, retries: retries)
        }
      })
  }

  private func again(cancelling indices: [Int], of id: ShardID, retries: Int) {
    guard retries > 0 else { return }
    loop.schedule(after: CoordinatorLimits.cancelRetry) { [weak self] in
      self?.cancelTasks(indices, of: id, retries: retries - 1)
    }
  }

  private func breakOff(_ exchange: ShardExchange) {
    exchange.drop()
    exchanges[exchange.shard.id] = nil
    feed(.shardEnded(exchange.shard.id, .broken))
    noteAttached(exchange.shard)
  }
}
