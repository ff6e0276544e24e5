import Clockwork
import HTTP
import JSON
import Swim

/// The cluster at one moment, as `/nodes` shows it.
package struct NodesReport: Sendable {
  package let members: [ClusterMember]
  /// By name; who was not asked or has not answered yet is missing.
  package let loads: [String: MemberLoad]

  package init(members: [ClusterMember], loads: [String: MemberLoad]) {
    (self.members, self.loads) = (members, loads)
  }

  /// How many nodes are in which state, and what the living ones can do and do now.
  package struct Totals: Equatable, Sendable {
    package var alive = 0
    package var suspect = 0
    package var dead = 0
    package var left = 0
    package var capacity = 0
    package var running = 0
    package init() {}
  }

  /// Over the members with role node; a suspect one still runs what it has.
  package var totals: Totals {
    var totals = Totals()
    for member in members where member.meta.role == .node {
      switch member.state {
      case .alive: totals.alive += 1
      case .suspect: totals.suspect += 1
      case .dead: totals.dead += 1
      case .left: totals.left += 1
      }
      guard let load = load(of: member) else { continue }
      totals.capacity += load.capacity
      totals.running += load.running
    }
    return totals
  }

  /// Nobody's load outlives it.
  package func load(of member: ClusterMember) -> MemberLoad? {
    member.state == .alive || member.state == .suspect ? loads[member.name] : nil
  }

  /// By its own word: the last load if there is one, else what it gossips.
  func isSlow(_ member: ClusterMember) -> Bool {
    member.isListening && (load(of: member)?.isSlow ?? member.meta.isSlow)
  }

  /// `GET /nodes`: the filter chooses among the members, `cluster` counts them all.
  package func json(_ filter: NodesFilter = .everything) -> [UInt8] {
    let totals = totals
    var writer = JSONWriter()
    writer.object { report in
      report.member("cluster") { value in
        value.object { cluster in
          cluster.member("alive", totals.alive)
          cluster.member("suspect", totals.suspect)
          cluster.member("dead", totals.dead)
          cluster.member("left", totals.left)
          cluster.member("capacity", totals.capacity)
          cluster.member("running", totals.running)
        }
      }
      report.member("nodes") { value in
        value.array { array in
          for member in members where filter.matches(member) { write(member, into: &array) }
        }
      }
    }
    return writer.bytes
  }

  /// `GET /nodes/{name}`; nil when there is no such member.
  package func json(of name: String) -> [UInt8]? {
    guard let member = members.first(where: { $0.name == name }) else { return nil }
    var writer = JSONWriter()
    write(member, into: &writer)
    return writer.bytes
  }

  private func write(_ member: ClusterMember, into writer: inout JSONWriter) {
    writer.object { object in
      object.member("name", member.name)
      object.member("role", member.meta.roleName)
      object.member("state", "\(member.state)")
      object.member("http", ifPresent: member.meta.http?.description)
      object.member("gossip", "\(member.gossip)")
      object.member("incarnation", member.incarnation)
      object.member("since", member.since.rfc3339)
      if member.state == .suspect || member.state == .dead && !member.suspectedBy.isEmpty {
        object.member("suspected_by", member.suspectedBy)
      }
      object.member("problem", ifPresent: member.problem)
      object.member("version", ifPresent: member.meta.version)
      object.member("tags") { value in
        value.object { tags in
          for (key, text) in member.meta.tags.sorted(by: { $0.key < $1.key }) { tags.member(key, text) }
        }
      }
      object.member("rtt_ms", ifPresent: member.roundTrip.map { Self.rounded($0.inMilliseconds) })
      let load = load(of: member)
      if let load { Self.write(load, into: &object) }
      if load != nil || (member.meta.role == .node && member.isListening) { object.member("slow", isSlow(member)) }
      if member.meta.role != nil { object.member("draining", member.meta.isDraining || load?.isDraining == true) }
    }
  }

  private static func write(_ load: MemberLoad, into object: inout JSONWriter) {
    object.member("task_types", load.taskTypes)
    object.member("capacity", load.capacity)
    object.member("running", load.running)
    object.member("queued", load.queued)
    object.member("done", load.done)
    object.member("failed", load.failed)
    object.member("rate_per_s", load.ratePerSecond)
    object.member("loop_lag_ms", load.loopLagMilliseconds)
  }

  /// Microseconds are the finest that a probe can tell.
  static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1000).rounded() / 1000 }
}
