import Clockwork
import Swim

/// What a machine holds is bounded by the number of members that there are.
struct MemoryChecker {
  private let members: Int
  private(set) var failures: [Report.Failure] = []

  init(members: Int) { self.members = members }

  mutating func check(_ node: VirtualNode, at now: Instant) {
    let held = node.machine.holdings
    // The table never holds this member itself, and a name is either in it or departed.
    expect(held.members + held.departed, atMost: members - 1, "members", node, now)
    expect(held.broadcasts, atMost: members, "broadcasts", node, now)
    // Each member may be suspected and dialled, with a few timers for each; each asks for a few relays at a time.
    expect(held.timers, atMost: 64 + 32 * members, "timers", node, now)
    expect(held.relays, atMost: 32 + 8 * members, "relays", node, now)
    expect(held.exchanges, atMost: 32 + members, "exchanges", node, now)
  }

  private mutating func expect(_ count: Int, atMost most: Int, _ what: String, _ node: VirtualNode, _ now: Instant) {
    guard count > most else { return }
    let text = "\(node.name) holds \(count) \(what) at \(now.inWholeMilliseconds) ms; \(most) are enough"
    failures.append(Report.Failure(checker: "memory", text: text))
  }
}
