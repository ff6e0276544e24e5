import Batch
import Clockwork

extension BatchWorld {
  mutating func perform(_ action: BatchScenario.Action) {
    switch action {
    case .chance(.lost, let share): membership.network.loss = share
    case .chance(let chance, let share): chances[chance] = share
    case .latency(let range): (latency, membership.network.latency) = (range, range)
    case .sync(let range): sync = range
    case .drift(let most): drift(most)
    case .submit(let tasks): submitNew(upTo: tasks)
    case .cancel(let batch):
      guard batches.indices.contains(batch) else { return }
      batches[batch].cancelWanted = true
      heap.plan(.cancel(batch), at: now)
    case .crash(let node): crash(number(node), isHostGone: Bool.random(using: &generator))
    case .restart(let node): restart(number(node))
    case .partition(let node): partition(number(node))
    case .heal(let node): heal(number(node))
    case .slow(let node, let isSlow): workers[number(node)].slowness = isSlow ? 20 : 1
    case .refuse(let node, let isRefusing): workers[number(node)].isRefusing = isRefusing
    case .suspect(let node): suspect(number(node))
    case .drain(let node): drain(number(node))
    case .kill(let seat):
      sit(seat % seats.count)
      stopCoordinator(losesPower: false)
    case .power(let seat):
      sit(seat % seats.count)
      stopCoordinator(losesPower: true)
    case .start(let seat):
      sit(seat % seats.count)
      startCoordinator()
    case .full(let isFull): for seat in seats.indices { seats[seat].disk.isFull = isFull }
    }
  }

  private mutating func submitNew(upTo tasks: Int) {
    let number = batches.count
    batches.append(Workload.batch(number, upTo: tasks, poison: chance(.poison), using: &generator))
    batches[number].seat = number % seats.count
    heap.plan(.submit(number), at: now)
  }

  private mutating func drift(_ most: Double) {
    let millionths = Int64(most * 1e6)
    for seat in seats.indices {
      let gain = millionths == 0 ? 0 : Int64.random(in: -millionths...millionths, using: &generator)
      seats[seat].gain = gain
      seats[seat].coordinator?.clock.setGain(millionths: gain, at: now)
    }
  }

  // MARK: Nodes

  /// A host that still runs says at once that nobody listens; one that is gone says nothing.
  private mutating func crash(_ node: Int, isHostGone: Bool) {
    guard workers[node].isUp else { return }
    die(node)
    workers[node].isHostGone = isHostGone
    for number in exchanges.keys.sorted() where exchanges[number]?.node == node {
      guard let exchange = exchanges[number], exchange.isHeld != nil else { continue }
      exchanges[number]?.isHeld = false
      let notice = isHostGone ? Self.exchangeSilence : delay()
      heap.plan(.breaks(number, connection: exchange.connection, .broken), at: now + notice)
    }
    endMembership(of: node)
  }

  /// The process ends: what ran in it may have acted by then.
  mutating func die(_ node: Int) {
    for (number, run) in workers[node].runs.sorted(by: { $0.key < $1.key }) {
      if case .running = run.state { checkers.repeats.ends(run.index, of: run.batch, hasActed: run.hasActed) }
      _ = workers[node].remove(number)
    }
    workers[node].die()
  }

  private mutating func restart(_ node: Int) {
    guard !workers[node].isUp else { return }
    (workers[node].isUp, workers[node].isHostGone) = (true, false)
    beginMembership(of: node)
  }

  /// A task takes its node's process down, and whoever watches over the process starts it again.
  mutating func poison(_ node: Int, _ run: VirtualWorker.Run) {
    trace.line(now, "task \(run.index) of batch \(run.batch) takes \(workers[node].name) down")
    checkers.quarantine.tookDown(run.index, of: run.batch, during: seats[batches[run.batch].seat].life, at: now)
    crash(node, isHostGone: false)
    heap.plan(
      .comesBack(node, life: workers[node].life), at: now + .milliseconds(500) + generator.jitter(upTo: .seconds(4)))
  }

  mutating func restart(_ node: Int, life: Int) { if workers[node].life == life { restart(node) } }

  private mutating func drain(_ node: Int) {
    guard workers[node].isUp, !workers[node].isDraining else { return }
    workers[node].isDraining = true
    heap.plan(.leave(node, life: workers[node].life), at: now + .milliseconds(500))
  }

  /// A node that drains is gone when it has nothing more to do, or has waited long enough.
  mutating func leave(_ node: Int) {
    guard workers[node].isUp, workers[node].isDraining else { return }
    guard workers[node].held == 0 || generator.happens(0.02) else {
      return heap.plan(.leave(node, life: workers[node].life), at: now + .milliseconds(500))
    }
    trace.line(now, "\(workers[node].name) leaves")
    for (run, _) in workers[node].runs.sorted(by: { $0.key < $1.key }) { cancelRun(run, on: node) }
    // Its last words are on their way, and then the connections are closed.
    for number in exchanges.keys.sorted() where exchanges[number]?.node == node {
      guard let exchange = exchanges[number], exchange.isHeld != nil else { continue }
      exchanges[number]?.isHeld = false
      heap.plan(.breaks(number, connection: exchange.connection, .broken), at: now + .seconds(1))
    }
    die(node)
    leaveMembership(of: node)
  }

  private mutating func suspect(_ node: Int) {
    guard workers[node].isUp else { return }
    pauseMembership(of: node)
  }

  private mutating func partition(_ node: Int) {
    guard !workers[node].isCut else { return }
    workers[node].isCut = true
    workers[node].cutRound += 1
    for number in exchanges.keys.sorted() where exchanges[number]?.node == node {
      planSilence(number)
    }
    cut(node, fromAll: Bool.random(using: &generator))
  }

  private mutating func heal(_ node: Int) {
    guard workers[node].isCut else { return }
    workers[node].isCut = false
    workers[node].cutRound += 1
    for number in exchanges.keys.sorted() where exchanges[number]?.node == node { unstall(number) }
    mend(node)
  }

  // MARK: All is well again

  mutating func calm() {
    guard !isCalm else {
      if !endsWatched { giveUp() }
      return
    }
    isCalm = true
    trace.line(now, "-- all faults end")
    chances = [:]
    membership.network.loss = 0
    for seat in seats.indices { seats[seat].disk.isFull = false }
    for node in workers.indices {
      heal(node)
      restart(node)
      workers[node].slowness = 1
      (workers[node].isRefusing, workers[node].isDraining) = (false, false)
    }
    for seat in seats.indices {
      sit(seat)
      startCoordinator()
    }
    heap.plan(.calm, at: now + LivenessChecker.patience)
    watchTheEnd()
  }
}
