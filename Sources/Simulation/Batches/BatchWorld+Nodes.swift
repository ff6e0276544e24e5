import Batch
import Clockwork

/// What the coordinator learns of the nodes: from gossip of their lives, from themselves of their load.
extension BatchWorld {
  /// Less often while a coordinator with nothing to do settles: that takes a minute in which nothing happens.
  private var pollInterval: Duration { endsWatched && !checkers.idleness.isWatching ? .seconds(10) : .seconds(1) }
  /// A node that is alive and says nothing so often gets no new work until it does.
  private static let silencesAllowed = 2
  private static let leaveDeadline = Duration.seconds(60)

  mutating func hear(_ rumour: Rumour, of node: Int) {
    trace.line(now, "\(workers[node].name) has \(rumour)")
    switch rumour {
    case .joined:
      coordinator?.suspects.remove(node)
      coordinator?.leaving.remove(node)
      if coordinator?.polled.insert(node).inserted == true { poll(node) }
      set(.open, of: node)
    case .suspected:
      coordinator?.suspects.insert(node)
      set(.suspect, of: node)
    case .died:
      coordinator?.polled.remove(node)
      nodeGone(node)
    case .left:
      coordinator?.polled.remove(node)
      guard let known = coordinator?.known[node] else { return }
      guard hasExchange(with: node), let life = coordinator?.life else { return nodeGone(node) }
      var report = known.report
      report.availability = .draining
      coordinator?.leaving.insert(node)
      feed(.node(report))
      heap.plan(.leaveDeadline(node, life: life), at: now + Self.leaveDeadline)
    }
  }

  /// Gossip's word counts at once, without waiting for the node's own.
  private mutating func set(_ availability: NodeReport.Availability, of node: Int) {
    guard var report = coordinator?.known[node]?.report, report.availability != availability else { return }
    report.availability = availability
    coordinator?.known[node]?.report = report
    reportNode(node)
  }

  mutating func nodeGone(_ node: Int) {
    coordinator?.leaving.remove(node)
    coordinator?.detached[node] = nil
    coordinator?.takeover.asked.remove(node)
    coordinator?.takeover.answered.remove(node)
    guard coordinator?.known.removeValue(forKey: node) != nil else { return }
    feed(.nodeGone(name: workers[node].name))
  }

  mutating func poll(_ node: Int) {
    guard let life = coordinator?.life, coordinator?.polled.contains(node) == true else { return }
    heap.plan(.poll(node, life: life), at: now + pollInterval)
    if fault == .restless { feed(.wake) }
    guard workers[node].isReachable else {
      let silences = (coordinator?.known[node]?.silences ?? 0) + 1
      coordinator?.known[node]?.silences = silences
      if silences == Self.silencesAllowed, coordinator?.known[node]?.report.availability == .open {
        set(.slow, of: node)
      }
      return
    }
    let isSlow = workers[node].slowness > 1 && generator.happens(0.5)
    heap.plan(
      .report(node, life: life, workers[node].report(isSlow ? .slow : .open, to: present, fault)), at: now + delay())
  }

  mutating func take(_ report: NodeReport, of node: Int) {
    guard coordinator?.polled.contains(node) == true else { return }
    var report = report
    if coordinator?.suspects.contains(node) == true { report.availability = .suspect }
    coordinator?.known[node] = VirtualCoordinator.Known(report: report)
    reportNode(node)
    attachUnseen(node)
    askWhatIsHeld(by: node)
    lookForHunger()
  }
}
