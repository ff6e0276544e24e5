import Batch
import Gossip
import HTTP
import Loop

/// Tells the dispatcher of the nodes: what gossip says of their lives, and they themselves of their load.
///
/// Guarded by: the loop's thread.
final class NodeWatch: @unchecked Sendable {
  private struct Known {
    var report: NodeReport
    let authority: Authority
    /// Times in a row that it did not say how it is.
    var silences = 0
  }

  /// A node that is alive and says nothing so often gets no new work until it does.
  private static let silencesAllowed = 2

  private let membership: Membership
  private let dispatcher: Dispatcher
  private var known: [String: Known] = [:]

  init(membership: Membership, board: LoadBoard, dispatcher: Dispatcher) {
    (self.membership, self.dispatcher) = (membership, dispatcher)
    board.onLoad = { [weak self] in self?.take($1, of: $0) }
    board.onSilence = { [weak self] member, _ in self?.noteSilence(of: member) }
    membership.observe { [weak self] in self?.note($0, $1) }
  }

  private func take(_ load: MemberLoad, of member: ClusterMember) {
    guard let authority = member.meta.http else { return }
    if let node = known[member.name], node.authority != authority { dispatcher.nodeGone(member.name) }
    let report = NodeReport(
      name: member.name, availability: Self.availability(of: member, load), capacity: load.capacity,
      load: load.running + load.queued, coordinators: load.coordinators, taskTypes: load.taskTypes)
    known[member.name] = Known(report: report, authority: authority)
    dispatcher.nodeSeen(report, at: authority)
  }

  private static func availability(of member: ClusterMember, _ load: MemberLoad?) -> NodeReport.Availability {
    if !member.isAlive { return .suspect }
    if member.meta.isDraining || load?.isDraining == true { return .draining }
    return load?.isSlow ?? member.meta.isSlow ? .slow : .open
  }

  /// Gossip's word counts at once, without waiting for the node's own.
  private func note(_ change: MemberChange, _ member: ClusterMember) {
    guard let node = known[member.name] else { return }
    switch change {
    case .left:
      known[member.name] = nil
      dispatcher.nodeLeft(node.report, at: node.authority)
    case .died, .forgotten:
      known[member.name] = nil
      dispatcher.nodeGone(member.name)
    case .suspected: set(.suspect, of: member.name)
    case .joined, .updated, .refuted:
      if member.meta.http != node.authority {
        known[member.name] = nil
        dispatcher.nodeGone(member.name)
      } else if member.meta.isDraining {
        set(.draining, of: member.name)
      } else if member.meta.isSlow {
        set(.slow, of: member.name)
      } else if node.report.availability == .suspect, change != .updated {
        set(.open, of: member.name)
      }
    }
  }

  private func noteSilence(of member: ClusterMember) {
    guard var node = known[member.name] else { return }
    node.silences += 1
    known[member.name] = node
    if node.silences == Self.silencesAllowed, node.report.availability == .open { set(.slow, of: member.name) }
  }

  private func set(_ availability: NodeReport.Availability, of name: String) {
    guard var node = known[name], node.report.availability != availability else { return }
    node.report.availability = availability
    known[name] = node
    dispatcher.nodeSeen(node.report, at: node.authority)
  }
}
