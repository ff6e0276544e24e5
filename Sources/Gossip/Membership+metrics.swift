import Clockwork
import Loop
package import Net
import Swim

extension Membership {
  /// This member, the cluster as it sees it, and its gossip.
  package func write(into metrics: inout MetricsWriter) {
    loop.assertCurrent()
    metrics.gauge("ignareo_member_info", "This member's name, role and version; always 1.") {
      $0.sample(1, ["name": name, "role": meta.roleName, "version": meta.version ?? ""])
    }
    writeMembers(into: &metrics)
    metrics.gauge(
      "ignareo_gossip_awareness_score",
      "How far this member distrusts its own judgement of others (Lifeguard): 0 is healthy.", awareness)
    writeTraffic(into: &metrics)
    metrics.counter("ignareo_gossip_dropped_total", "What came in and was no use, by reason.") {
      for (reason, count) in garbageCounts.sorted(by: { $0.key < $1.key }) { $0.sample(count, ["reason": reason]) }
    }
    metrics.counter(
      "ignareo_gossip_overflow_total",
      "Gossip datagrams that the kernel dropped: they came faster than they were read.",
      datagramOverflow)
    metrics.counter("ignareo_gossip_ignored_total", "Gossip that changed nothing, by reason; most was known already.") {
      for reason in Ignored.allCases { $0.sample(ignoredCounts[reason] ?? 0, ["reason": reason.label]) }
    }
  }

  private func writeMembers(into metrics: inout MetricsWriter) {
    var counts: [String: [MemberState: Int]] = [:]
    let members = members
    for member in members { counts[member.meta.roleName, default: [:]][member.state, default: 0] += 1 }
    metrics.gauge("ignareo_cluster_members", "Members of the cluster as this one sees it, itself included.") {
      for role in ClusterOptions.Role.allCases.map(\.rawValue) + [MemberMeta.foreign.roleName] {
        for state in MemberState.allCases {
          $0.sample(counts[role]?[state] ?? 0, ["role": role, "state": "\(state)"])
        }
      }
    }
    metrics.counter(
      "ignareo_cluster_member_restarts_total", "Members that were started again before anybody missed them.",
      restarts.count)
    metrics.gauge(
      "ignareo_cluster_slow_members", "Living members that say that they are slow: they get no new work.",
      members.count { $0.isListening && $0.meta.isSlow })
    metrics.gauge("ignareo_cluster_suspect_seconds", "Each suspect: for how long, and who suspects it.") {
      for member in members.filter({ $0.state == .suspect }).prefix(GossipLimits.suspectSamples) {
        let seconds = Double(WallClock.now.milliseconds - member.since.milliseconds) / 1000
        $0.sample(max(0, seconds), ["name": member.name, "by": member.suspectedBy.joined(separator: ",")])
      }
    }
  }

  private func writeTraffic(into metrics: inout MetricsWriter) {
    let traffic = traffic
    let directions = [("in", traffic.received), ("out", traffic.sent)]
    func count(_ name: String, _ help: String, _ number: (GossipTraffic.Direction) -> Int) {
      metrics.counter(name, help) {
        for (direction, counts) in directions { $0.sample(number(counts), ["direction": direction]) }
      }
    }
    count("ignareo_gossip_datagrams_total", "Gossip datagrams that could be read, and those sent.") { $0.datagrams }
    count("ignareo_gossip_datagram_bytes_total", "Their bytes, encrypted where there is a key.") { $0.bytes }
    count("ignareo_gossip_messages_total", "Messages in them.") { $0.messages }
    count("ignareo_gossip_streams_total", "Gossip streams that others opened, and our own.") { $0.streams }
    metrics.counter(
      "ignareo_gossip_datagrams_unsent_total", "Gossip datagrams that this machine could not send.",
      traffic.unsentDatagrams)
  }
}

extension Ignored {
  /// `alreadyKnown` is `already_known`.
  fileprivate var label: String {
    "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
  }
}
