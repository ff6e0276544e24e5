import Batch
import Clockwork

/// What nodes do with their shards.
extension BatchWorld {
  private static let stragglerFactor = 30
  private static let longestAttempt = Duration.seconds(20)

  mutating func take(_ shard: Shard, _ exchange: Int, on node: Int) {
    guard let batch = numbers[shard.batch] else { preconditionFailure("a shard of a batch that nobody submitted") }
    for entry in shard.entries {
      lastRun += 1
      let run = VirtualWorker.Run(
        exchange: exchange, batch: batch, seat: batches[batch].seat, index: Int(entry.index), arrivedAt: now)
      workers[node].add(run, number: lastRun)
    }
    beginRuns(on: node)
  }

  private mutating func beginRuns(on node: Int) {
    while let number = workers[node].next(fault) { begin(number, on: node) }
  }

  private mutating func begin(_ number: Int, on node: Int) {
    guard let run = workers[node].runs[number] else { return }
    let task = batches[run.batch].tasks[run.index]
    let ending = ending(of: task)
    workers[node].begin(number, ending, at: now)
    let life = workers[node].life
    if case .unbegun = ending {
      heap.plan(.finishes(node, life: life, run: number), at: now)
      return
    }
    figures.attempts += 1
    checkers.fairness.began(run.seat)
    checkers.repeats.begins(
      run.index, of: run.batch, isRepeatable: task.isRepeatable, on: workers[node].name, at: now)
    var lasts = task.duration * workers[node].slowness
    if happens(.straggles) { lasts = lasts * Self.stragglerFactor }
    lasts = min(lasts, Self.longestAttempt)
    if ending.acts { heap.plan(.acts(node, life: life, run: number), at: now + generator.jitter(upTo: lasts)) }
    heap.plan(.finishes(node, life: life, run: number), at: now + lasts)
  }

  private mutating func ending(of task: VirtualTask) -> VirtualWorker.Ending {
    func error(_ code: ErrorCode, retryable: Bool, acts: Bool, hasBegun: Bool = true) -> AttemptError {
      AttemptError(
        code: code, json: Array("{\"code\":\"\(code.rawValue)\"}".utf8)[...], isRetryable: retryable,
        mayHaveActed: acts, hasBegun: hasBegun)
    }
    if !isCalm, generator.happens(0.005) {
      return .unbegun(error(.internal, retryable: true, acts: false, hasBegun: false))
    }
    switch task.temper {
    case .good: return .ok
    case .shaky: return generator.happens(0.6) ? .error(error(.httpStatus, retryable: true, acts: true)) : .ok
    case .unconnected: return generator.happens(0.6) ? .error(error(.connect, retryable: true, acts: false)) : .ok
    case .hopeless: return .error(error(.badArguments, retryable: false, acts: false))
    case .endless: return .error(error(.timeout, retryable: true, acts: true))
    case .poison: return .nodeDown
    }
  }

  mutating func finish(_ number: Int, on node: Int) {
    guard let run = workers[node].runs[number], case .running(let ending) = run.state else { return }
    if case .nodeDown = ending { return poison(node, run) }
    _ = workers[node].remove(number)
    let outcome: AttemptEnd.Outcome
    switch ending {
    case .ok: outcome = .ok(Array("{\"node\":\"\(workers[node].name)\",\"run\":\(number)}".utf8)[...])
    case .error(let error), .unbegun(let error): outcome = .error(error)
    case .nodeDown: return
    }
    if case .unbegun = ending {} else { checkers.repeats.ends(run.index, of: run.batch, hasActed: ending.acts) }
    report(run, outcome)
    beginRuns(on: node)
  }

  /// Whoever asked for it, or nobody: the node is going down.
  mutating func cancelRun(_ number: Int, on node: Int) {
    guard let run = workers[node].remove(number) else { return }
    if case .running(let ending) = run.state {
      if case .unbegun = ending {} else { checkers.repeats.ends(run.index, of: run.batch, hasActed: run.hasActed) }
    }
    report(run, .cancelled(mayHaveActed: run.hasActed))
    beginRuns(on: node)
  }

  private mutating func report(_ run: VirtualWorker.Run, _ outcome: AttemptEnd.Outcome) {
    let waited = (max(run.beganAt, run.arrivedAt) - run.arrivedAt).inMilliseconds
    let lasted = run.beganAt > .zero ? (now - run.beganAt).inMilliseconds : 0
    let end = AttemptEnd(
      index: run.index, outcome: outcome, startedMilliseconds: waited, durationMilliseconds: lasted)
    if exchanges[run.exchange]?.isHeld == true { tell(end, on: run.exchange) }
  }
}
