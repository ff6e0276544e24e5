/// What must hold between two inputs. Debug builds check it after each; a whole recount only where it is cheap.
extension Scheduler {
  func invariantsHold() -> Bool {
    for batch in batches.slots where batches[batch].tasks.count <= 256 {
      guard batchHolds(batch) else { return false }
    }
    return nodeList.allSatisfy { nodes[$0].out >= 0 && nodes[$0].shards >= 0 }
  }

  /// Recounts everything from the tasks themselves; for tests.
  package func recountHolds() -> Bool {
    guard batches.slots.allSatisfy(batchHolds) else { return false }
    var (out, marked, waiting): ([Int: Int], [Int: Int], [Int: Int]) = ([:], [:], [:])
    for shard in shards.slots {
      let state = shards[shard]
      guard state.remaining > 0 else { continue }
      let running = state.entries.filter { isRunning(Int($0.index), of: state.batch, in: shard) }
      guard running.count == state.remaining else { return false }
      out[state.node, default: 0] += running.count
      if state.isYoung { waiting[state.node, default: 0] += running.count }
      marked[state.node, default: 0] += running.count { batches[state.batch].tasks[Int($0.index)].hasLosses }
    }
    return nodeList.allSatisfy {
      nodes[$0].out == out[$0] ?? 0 && nodes[$0].marked == marked[$0] ?? 0 && nodes[$0].waiting == waiting[$0] ?? 0
    }
  }

  private func batchHolds(_ slot: Int) -> Bool {
    let batch = batches[slot]
    var counts = TaskCounts()
    for task in batch.tasks { counts.add(task.state) }
    guard batch.tasks.count(where: \.isHedged) == batch.watch.copies.count,
      batch.watch.copies.keys.allSatisfy({ batch.tasks[$0].isHedged && batch.tasks[$0].state == .running })
    else { return false }
    guard counts == batch.counts, counts.total == batch.tasks.count, !batch.hasEnded else { return false }
    if batch.isCancelled { return batch.ready == 0 && batch.limited == 0 }
    var (inLanes, ready, limited) = (0, 0, 0)
    for lane in batch.lanes {
      inLanes += Int(lane.count)
      switch lane.place {
      case .ready: ready += Int(lane.count)
      case .limited: limited += Int(lane.count)
      case .nowhere: guard lane.count == 0 else { return false }
      case .homeless: break
      case .resting: guard batch.rests else { return false }
      }
    }
    return inLanes + batch.losses.waiting.count == counts.queued && ready == batch.ready && limited == batch.limited
      && batch.turnsHeld == batch.streams.count { $0.hasTurn }
  }
}
