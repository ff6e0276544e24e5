import Clockwork
import Loop
import Swim

// Two members with one name. The start waits for the first word of the cluster only so long, and two that start at the
// same moment are unknown to it both: what comes later is found here.

extension Membership {
  /// Somebody whom this process asked has sent its state.
  func noteAnswered(_ pushPull: PushPull) {
    guard let rival = rivalry.rival(in: pushPull.states) else {
      if rivalry.unseen(at: loop.now) { log.info("name_free", ["name": name]) }
      return
    }
    switch rivalry.verdict(on: rival) {
    case .weYield, .listed: yield(to: rival)
    case .theyYield: meet(rival)
    }
  }

  /// Somebody who asked has sent its state: what is in it of this name may be the asker itself, who is to hear that it
  /// is taken.
  func noteAsked(_ pushPull: PushPull) {
    guard let rival = rivalry.rival(in: pushPull.states) else { return }
    switch rivalry.verdict(on: rival) {
    case .weYield: yield(to: rival)
    case .theyYield: meet(rival)
    case .listed: break
    }
  }

  private func yield(to rival: PushPull.State) {
    if rivalry.lost(to: rival, at: loop.now) {
      log.error(
        "name_taken",
        [
          "name": name, "held_by": "\(rival.address)",
          "way_out": "stop one of the two and start it with another --name",
        ])
    }
    if loop.now - startedAt < GossipLimits.nameSettling { nameLost() }
  }

  /// The other one has to go and may not know of this one, as long as the cluster lists it.
  private func meet(_ rival: PushPull.State) {
    guard rivalMet.map({ loop.now - $0 >= GossipLimits.rivalMeeting }) ?? true else { return }
    rivalMet = loop.now
    feed(.meet(rival.address))
  }

  /// A newcomer refuses to start, also when it learns only in its first seconds that it must not.
  private func nameLost() {
    guard !hasLostName else { return }
    hasLostName = true
    onNameLost?()
  }

  /// What a process says that ends by it.
  package var nameLostText: String {
    "\(rivalry.conflict ?? "the name '\(name)' is taken"); choose another --name, or stop that one first"
  }
}
