import Clockwork
package import HTTP
import Loop
import Swim

/// What the cluster's nodes say of their load, asked for over HTTP (`GET /status`).
///
/// Guarded by: the loop's thread; each entry asserts it.
package final class LoadBoard: @unchecked Sendable {
  package enum Mode: Sendable {
    /// Every living node each second, and at once when it appears: a coordinator's.
    case follow
    /// Only when somebody wants to see it: a node's.
    case onDemand
  }

  /// What came of asking one node.
  package enum Answer: Sendable {
    case load(MemberLoad)
    /// It did not answer in time, or not as a node does; the reason is for people.
    case none(reason: String)
  }

  /// Asks for the status at an address, within a time.
  package typealias Ask = @Sendable (Authority, Duration) async -> Answer

  private struct Entry {
    var http: Authority
    var load: MemberLoad?
    var isAsking = false
  }

  private static let period: Duration = .seconds(1)
  /// A follower waits longer for a node under load than someone who looks at a page.
  private static let followTimeout: Duration = .seconds(5)
  private static let demandTimeout: Duration = .milliseconds(500)
  private static let concurrency = 256

  private let membership: Membership
  private let ask: Ask
  private let mode: Mode
  private let loop: EventLoop
  private var entries: [String: Entry] = [:]
  private var timer: LoopTimer?
  /// When everybody who answers in time had answered.
  private var freshSince: Instant?
  private var waiting: [() -> Void] = []
  private var queue: [String] = []
  private var asking = 0
  private var isClosed = false
  /// A node answered; its own words, not yet old.
  package var onLoad: ((ClusterMember, MemberLoad) -> Void)?
  /// A node that gossip calls alive did not answer.
  package var onSilence: ((ClusterMember, _ reason: String) -> Void)?

  package init(membership: Membership, mode: Mode, ask: @escaping Ask) {
    membership.loop.assertCurrent()
    (self.membership, self.ask, self.mode, loop) = (membership, ask, mode, membership.loop)
    membership.observe { [weak self] change, member in self?.note(change, member) }
    if mode == .follow { tick() }
  }

  package func close() {
    loop.assertCurrent()
    isClosed = true
    timer?.cancel()
    finishWaiting()
  }

  /// The last known loads, by name.
  package var loads: [String: MemberLoad] {
    loop.assertCurrent()
    return entries.compactMapValues(\.load)
  }

  /// Calls `done` once the loads are fresh, or half a second has passed. A table that shows what was running a second
  /// ago tells a user who has just seen the batch end that it has not; one that asks a large cluster anew for every
  /// viewer would be its own load, so that freshness is a tenth of a second or a millisecond a node, whichever is more.
  package func refresh(then done: @escaping () -> Void) {
    loop.assertCurrent()
    guard !isClosed else { return done() }
    if waiting.isEmpty {
      if let freshSince, loop.now - freshSince < freshness { return done() }
      askEverybody()
      guard asking > 0 else { return done() }
      loop.schedule(after: Self.demandTimeout) { [weak self] in self?.finishWaiting() }
    }
    waiting.append(done)
  }

  // MARK: Asking

  private func tick() {
    guard !isClosed else { return }
    askEverybody()
    timer = loop.schedule(after: Self.period) { [weak self] in self?.tick() }
  }

  private func note(_ change: MemberChange, _ member: ClusterMember) {
    switch change {
    case .joined, .updated, .refuted:
      guard mode == .follow, !isClosed else { return }
      enqueue(member)
      askNext()
    case .died, .left, .forgotten: entries[member.name] = nil
    case .suspected: break
    }
  }

  private var freshness: Duration { max(.milliseconds(100), .milliseconds(entries.count)) }

  private func askEverybody() {
    for member in membership.members { enqueue(member) }
    askNext()
  }

  private func enqueue(_ member: ClusterMember) {
    guard !member.isSelf, member.meta.role == .node, let http = member.meta.http else { return }
    guard member.state == .alive || member.state == .suspect else { return }
    if entries[member.name]?.http != http { entries[member.name] = Entry(http: http) }
    guard entries[member.name]?.isAsking == false else { return }
    entries[member.name]?.isAsking = true
    queue.append(member.name)
  }

  private func askNext() {
    while asking < Self.concurrency, !queue.isEmpty {
      let name = queue.removeFirst()
      guard let entry = entries[name] else { continue }
      asking += 1
      loop.spawn { [self] in
        let answer = await ask(entry.http, mode == .follow ? Self.followTimeout : Self.demandTimeout)
        asking -= 1
        take(answer, from: name, at: entry.http)
        askNext()
        if asking == 0 { finishWaiting() }
      }
    }
  }

  private func take(_ answer: Answer, from name: String, at http: Authority) {
    // Gone, or started again elsewhere, while it was asked.
    guard entries[name]?.http == http else { return }
    entries[name]?.isAsking = false
    guard !isClosed, let member = membership.member(named: name) else { return }
    switch answer {
    case .load(let load):
      entries[name]?.load = load
      onLoad?(member, load)
    case .none(let reason): onSilence?(member, reason)
    }
  }

  private func finishWaiting() {
    freshSince = loop.now
    let done = waiting
    waiting = []
    for call in done { call() }
  }
}
