import HTTP
import Loop
import Swim

extension MemberEvent {
  /// The event as observers get it; nil for what is no change of a member.
  var change: (MemberChange, Member)? {
    switch self {
    case .joined(let member): (.joined, member)
    case .updated(let member): (.updated, member)
    case .suspected(let member): (.suspected, member)
    case .refuted(let member): (.refuted, member)
    case .died(let member, _): (.died, member)
    case .left(let member): (.left, member)
    case .forgotten(let member): (.forgotten, member)
    case .nameConflict, .unreachableByDatagram, .versionsDisagree, .joinFailing, .joinSucceeded: nil
    }
  }
}

extension Membership {
  /// What an operator should read about the cluster; the machine bounds how often it complains.
  func log(_ event: MemberEvent) {
    if let kind = event.kind, !isWorthALine(kind) { return }
    switch event {
    case .joined(let member): logMember("member_joined", member)
    case .updated(let member): log.debug("member_updated", ["name": member.name])
    case .suspected(let member):
      log.warning("member_suspected", ["name": member.name, "by": member.suspectedBy.joined(separator: ",")])
    case .refuted(let member): logMember("member_refuted", member)
    case .died(let member, let accuser):
      log.warning(
        "member_died",
        [
          "name": member.name, "address": "\(member.address)", "by": accuser,
          "suspected_by": member.suspectedBy.joined(separator: ","),
        ])
    case .left(let member): logMember("member_left", member)
    case .forgotten(let member): log.debug("member_forgotten", ["name": member.name])
    case .joinSucceeded(let address): log.info("joined", ["through": "\(address)"])
    case .nameConflict(let name, let held, let claimed):
      log.warning(
        "name_conflict",
        ["name": name, "held_by": "\(held)", "claimed_by": "\(claimed)", "way_out": "give each member its own --name"])
    case .unreachableByDatagram(let member):
      log.warning(
        "udp_unreachable",
        [
          "name": member.name, "address": "\(member.address)",
          "way_out":
            "open UDP on that port, not only TCP; or its answers go astray: it dials \(address), which must be "
            + "an address of this member (--advertise) that it reaches, of the same family as its own",
        ])
    case .versionsDisagree(let address, let reason):
      log.warning(
        "versions_disagree",
        [
          "with": address.map { "\($0)" } ?? "a member", "cause": reason,
          "way_out": "only memberlist programs without a delegate protocol can be mixed in, serf and consul agents "
            + "cannot: keep those apart, with another port or --gossip-label",
        ])
    case .joinFailing(let addresses, let reason, let seconds):
      log.warning(
        "join_unreachable",
        [
          "join": Self.listing(addresses), "cause": reason, "seconds": "\(seconds)",
          "way_out": (joinFailure ?? StreamFailure(.unreachable, reason)).wayOut,
        ])
    }
  }

  func logRestart(_ member: Member) {
    guard isWorthALine("restarted") else { return }
    logMember("member_restarted", member)
  }

  /// Others would be told to dial what they cannot reach.
  func warnOfAddresses() {
    guard let http = meta.http, let dialled = SocketAddress(ip: http.host, port: max(1, http.port)), dialled.isLoopback,
      !self.address.isLoopback
    else { return }
    log.warning(
      "http_not_reachable",
      [
        "advertised_http": "\(http)", "advertised_gossip": "\(self.address)",
        "way_out": "others are told to dial an address of this machine alone; give --http one that they reach, such as "
          + "\(self.address.ip):\(http.port)",
      ])
  }

  private static func listing(_ addresses: [Swim.Address]) -> String {
    let named = addresses.prefix(GossipLimits.addressesLogged).map { "\($0)" }
    let rest = addresses.count - named.count
    return (named + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: ",")
  }

  /// A flood of members must not become a flood of lines, each of which this thread waits for.
  private func isWorthALine(_ kind: String) -> Bool {
    switch memberLines.take(kind, at: loop.now) {
    case .line: return true
    case .counted(isFirst: false): return false
    case .counted(isFirst: true):
      loop.schedule(after: GossipLimits.memberLogInterval) { [weak self] in self?.logMemberSum() }
      return false
    }
  }

  private func logMemberSum() {
    let sum = memberLines.takeSum()
    let counts = sum.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    log.warning(
      "member_events", ["unlisted": counts.joined(separator: ","), "way_out": "GET /nodes lists all members"])
  }

  private func logMember(_ event: StaticString, _ member: Member) {
    log.info(
      event, ["name": member.name, "address": "\(member.address)", "role": MemberMeta(bytes: member.meta).roleName])
  }
}
