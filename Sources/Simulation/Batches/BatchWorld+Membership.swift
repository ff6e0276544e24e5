import Clockwork
import Swim

/// The cluster's membership: the production machine in each node and in each coordinator, in a world of its own that
/// keeps step with this one. What a coordinator's machine says of the nodes is all that the coordinator hears of
/// their lives.
extension BatchWorld {
  /// The coordinators are the last members.
  private var ownMember: Int { workers.count + present }
  private var members: Range<Int> { 0..<workers.count + seats.count }

  static func membership(of nodes: Int, coordinators: Int, seed: UInt64) -> MembershipWorld {
    var scenario = Scenario(name: "beside batches", profile: .lan, steps: [], end: .seconds(1_000_000))
    scenario.isChecked = false
    scenario.late = .allBut(0)
    var world = MembershipWorld(seed: seed, members: nodes + coordinators, scenario: scenario, fault: nil)
    world.listeners = nodes..<nodes + coordinators
    return world
  }

  /// Nil once nobody listens any more.
  var nextGossip: Instant? { endsWatched ? nil : membership.heap.nextTime }

  mutating func gossip() {
    membership.advance()
    now = membership.now
    hearNews()
  }

  private mutating func atMembership(_ act: (inout MembershipWorld) -> Void) {
    membership.now = now
    act(&membership)
    hearNews()
  }

  private mutating func hearNews() {
    let seat = present
    defer { sit(seat) }
    while !membership.news.isEmpty {
      let news = membership.news
      membership.news = []
      for (listener, event) in news {
        sit(listener - workers.count)
        hear(event)
      }
    }
  }

  private mutating func hear(_ event: MemberEvent) {
    let (member, rumour): (Member, Rumour)
    switch event {
    case .joined(let subject), .refuted(let subject): (member, rumour) = (subject, .joined)
    case .suspected(let subject): (member, rumour) = (subject, .suspected)
    case .died(let subject, _): (member, rumour) = (subject, .died)
    case .left(let subject): (member, rumour) = (subject, .left)
    case .updated, .forgotten, .nameConflict, .unreachableByDatagram, .versionsDisagree, .joinFailing, .joinSucceeded:
      return
    }
    guard coordinator != nil, let node = VirtualNode.number(of: member.name), node < workers.count else { return }
    hear(rumour, of: node)
  }

  // MARK: What befalls a member

  mutating func beginMembership(of node: Int) {
    atMembership {
      // It may be about to leave.
      $0.crash(node)
      $0.restart(node)
    }
  }

  mutating func endMembership(of node: Int) { atMembership { $0.crash(node) } }

  mutating func leaveMembership(of node: Int) { atMembership { $0.leave(node) } }

  mutating func beginOwnMembership() { beginMembership(of: ownMember) }

  mutating func endOwnMembership() { endMembership(of: ownMember) }

  /// Stands still for so long that others may suspect it.
  mutating func pauseMembership(of node: Int) {
    atMembership { $0.pause(node) }
    heap.plan(.wakesUp(node), at: now + .seconds(2) + generator.jitter(upTo: .seconds(2)))
  }

  mutating func resumeMembership(of node: Int) { atMembership { $0.resume(node) } }

  /// Cuts a node off from the coordinators, or from everybody: then nobody vouches for it.
  mutating func cut(_ node: Int, fromAll: Bool) {
    let others = fromAll ? members : workers.count..<members.upperBound
    atMembership { world in
      for other in others where other != node {
        world.cut(node, other)
        world.cut(other, node)
      }
    }
  }

  mutating func mend(_ node: Int) {
    // Who is cut off still has not heard the last of it.
    let others = members.filter { $0 != node && ($0 >= workers.count || !workers[$0].isCut) }
    atMembership { world in
      for other in others {
        world.mend(node, other)
        world.mend(other, node)
      }
    }
  }
}
