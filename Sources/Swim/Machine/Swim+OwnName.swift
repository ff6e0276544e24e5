import Clockwork

// What is said about this process, by others or by its own earlier life.

extension Swim {
  mutating func weigh(ownAlive claim: Alive) {
    guard phase == .running else { return ignore(.leaving) }
    guard claim.address == me.address else { return ownNameConflict(claim.address) }
    guard claim.incarnation >= me.incarnation else { return ignore(.oldIncarnation) }
    if claim.incarnation == me.incarnation, claim.meta == me.meta, claim.versions == me.versions {
      return ignore(.alreadyKnown)
    }
    refute(claim.incarnation)
  }

  mutating func weigh(ownSuspect claim: Accusation) {
    guard claim.incarnation >= me.incarnation else { return ignore(.oldIncarnation) }
    guard phase == .running else { return ignore(.leaving) }
    refute(claim.incarnation)
  }

  mutating func weigh(ownDead claim: Accusation) {
    guard claim.incarnation >= me.incarnation else { return ignore(.oldIncarnation) }
    guard phase == .running else { return ignore(.leaving) }
    refute(claim.incarnation)
  }

  /// Rises above what was claimed and says so. Having to do it is a reason to doubt oneself.
  private mutating func refute(_ claimed: UInt32) {
    guard raiseIncarnation(above: claimed) else { return ignore(.incarnationExhausted) }
    selfTrust.change(by: 1)
    spread(.alive(ownClaim), about: me.name)
  }

  private mutating func raiseIncarnation(above claimed: UInt32) -> Bool {
    let (next, overflow) = max(claimed, me.incarnation).addingReportingOverflow(1)
    if !overflow { me.incarnation = next }
    return !overflow
  }

  private mutating func ownNameConflict(_ claimed: Address) {
    ignore(.nameConflict)
    guard isTimeToTell(ownConflictTold) else { return }
    ownConflictTold = now
    emit(.event(.nameConflict(name: me.name, held: me.address, claimed: claimed)))
  }

  mutating func setMeta(_ meta: [UInt8]) {
    guard meta.count <= Limits.metaBytes else { return ignore(.tooLarge) }
    guard meta != me.meta else { return ignore(.alreadyKnown) }
    switch phase {
    case .idle: me.meta = meta
    case .leaving, .left: ignore(.leaving)
    case .running:
      guard raiseIncarnation(above: 0) else { return ignore(.incarnationExhausted) }
      me.meta = meta
      spread(.alive(ownClaim), about: me.name)
    }
  }

  var ownClaim: Alive {
    Alive(
      incarnation: me.incarnation, node: me.name, address: me.address, meta: me.meta, versions: me.versions)
  }
}
