import Loop
import Swim

/// Changes the gossip keys of the whole cluster, from any member: asks every member which keys it holds, and where all
/// of them can follow, has each make the change.
///
/// Guarded by: the loop's thread; each entry asserts it, or is async and goes there.
package final class ClusterKeys: @unchecked Sendable {
  let membership: Membership

  package init(membership: Membership) { self.membership = membership }

  /// Which keys each member holds.
  func report() async -> KeyReport {
    let members = targets
    // One that is listed dead may only have been cut off, or not have understood the others for want of a key.
    let dead = Set(
      members.filter { $0.state == .dead }.sorted { $0.since > $1.since }.prefix(GossipLimits.keyCallsToTheDead)
        .map(\.name))
    let asked = members.filter { $0.isAsked && ($0.state != .dead || dead.contains($0.name)) }
    return KeyReport(members: await ask(asked.map { ($0, .tell) }, of: members))
  }

  /// Makes a change everywhere.
  ///
  /// The first of the members by name is asked first, and the others only once it has made the change: where two
  /// changes are under way at once, one of them comes second there, and touches nobody.
  ///
  /// - Parameter isForced: go on although somebody cannot be asked, who may be lost by it.
  /// - Throws: when the change would lose a member, before anything is changed.
  func make(_ change: KeyChange, isForced: Bool) async throws(UnsafeKeyChange) -> KeyReport {
    let before = await report()
    try check(change, before, isForced)
    let members = targets
    var orders: [(ClusterMember, KeyOrder)] = []
    for member in members where member.isAsked {
      guard case .holds(let keys, let challenge) = before.answer(of: member.name) else { continue }
      orders.append((member, .change(change, challenge: challenge, expected: keys)))
    }
    let after = KeyReport(members: await give(orders, to: members))
    // Those that could not be asked before are told with their reason.
    return after.filling(from: before)
  }

  /// A member that does not hold the key that others begin to use cannot read them any more; one that uses the key that
  /// others remove can no longer be read.
  private func check(_ change: KeyChange, _ report: KeyReport, _ isForced: Bool) throws(UnsafeKeyChange) {
    let fingerprint = change.fingerprint
    switch change {
    case .install: return
    case .use:
      let lacking = report.members.filter { $0.keys.map { !$0.contains(fingerprint) } ?? false }.map(\.name)
      guard lacking.isEmpty else { throw .notEverywhere(lacking) }
    case .remove:
      let using = report.members.filter { $0.keys?.first == fingerprint }.map(\.name)
      guard using.isEmpty else { throw .inUse(using) }
    }
    let silent = report.members.filter { $0.mayBeLost }.map(\.name)
    guard silent.isEmpty || isForced else { throw .unknownKeys(silent) }
    let gone = report.members.filter { $0.misses }.map(\.name)
    guard gone.isEmpty || isForced else { throw .missed(gone) }
  }

  private func give(_ orders: [(ClusterMember, KeyOrder)], to members: [ClusterMember]) async -> [KeyReport.Row] {
    guard let (first, order) = orders.first else { return await ask([], of: members) }
    let answer = await ask(first, order)
    guard answer == .overtaken else {
      return await ask(Array(orders.dropFirst()), of: members, answered: [first.name: answer])
    }
    let others = orders.map {
      ($0.0.name, KeyAnswer.refused("was not asked: another change came first at \(first.name)"))
    }
    let answers = Dictionary(others) { $1 }.merging([first.name: answer]) { $1 }
    return members.map { KeyReport.Row($0, answers[$0.name]) }
  }

  private var targets: [ClusterMember] { membership.members.filter { $0.state != .left } }

  /// - Returns: a row for each of `members`, in their order.
  private func ask(
    _ orders: [(ClusterMember, KeyOrder)], of members: [ClusterMember], answered: [String: KeyAnswer] = [:]
  ) async -> [KeyReport.Row] {
    let round = Round(orders, answered)
    let askers = (0..<min(GossipLimits.keyCalls, orders.count)).map { _ in
      membership.loop.spawn { [self] in
        while let (member, order) = round.next() { round.answers[member.name] = await ask(member, order) }
      }
    }
    for asker in askers { await asker.value }
    return members.map { KeyReport.Row($0, round.answers[$0.name]) }
  }

  private func ask(_ member: ClusterMember, _ order: KeyOrder) async -> KeyAnswer {
    guard member.isSelf else {
      let timeout = member.state == .dead ? GossipLimits.keyCallToTheDead : GossipLimits.keyCall
      return await membership.askKeys(order, of: member.gossip, within: timeout)
    }
    return await withUnsafeContinuation { (continuation: UnsafeContinuation<KeyAnswer, Never>) in
      membership.keyDesk.take(order) { continuation.resume(returning: $0) }
    }
  }

  /// Questions that are to be asked, and the answers. Guarded by: the loop's thread.
  private final class Round: @unchecked Sendable {
    private var orders: ArraySlice<(ClusterMember, KeyOrder)>
    var answers: [String: KeyAnswer]

    init(_ orders: [(ClusterMember, KeyOrder)], _ answers: [String: KeyAnswer]) {
      (self.orders, self.answers) = (orders[...], answers)
    }

    func next() -> (ClusterMember, KeyOrder)? { orders.popFirst() }
  }
}

extension ClusterMember {
  /// Another program's member knows nothing of these orders.
  fileprivate var isAsked: Bool { isSelf || state != .left && meta.role != nil }
}

extension Membership {
  fileprivate func askKeys(
    _ order: KeyOrder, of address: SocketAddress, within timeout: Duration
  ) async -> KeyAnswer {
    await KeyCall.ask(order, of: address, within: timeout, through: transport, on: loop)
  }
}

/// A change that would lose members of the cluster, by name; nothing was changed.
enum UnsafeKeyChange: Error, Equatable {
  case notEverywhere([String])
  case inUse([String])
  case unknownKeys([String])
  case missed([String])

  var text: String {
    switch self {
    case .notEverywhere(let names):
      "\(Self.list(names)) would no longer understand the others, for want of this key: install it first, everywhere"
    case .inUse(let names):
      "\(Self.list(names)) would no longer be understood: this key is what they encrypt with; use another one first"
    case .unknownKeys(let names):
      "nobody can tell which keys \(Self.list(names)) would have: see to it, and then give the order with --force"
    case .missed(let names):
      "\(Self.list(names)) died or is cut off, misses this change, and cannot come back without the cluster's keys: "
        + "wait for it, or put them into its key file or let it go, and then give the order with --force"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
  }
}
