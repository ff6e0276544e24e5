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

  mutating func weigh(ownSuspect claim: Accusation, from source: Address?) {
    guard phase == .running else { return ignore(.leaving) }
    guard claim.incarnation >= me.incarnation else { return enlighten(claim.from, at: source) }
    refute(claim.incarnation)
  }

  /// It still believes of us what was refuted since: gossip has not told it, and may have ended by now. memberlist says
  /// nothing to it, and dies there when the suspicion's time has passed.
  private mutating func enlighten(_ accuser: String, at source: Address?) {
    ignore(.oldIncarnation)
    guard let source, isMember(accuser, at: source) else { return }
    emit(.send([.alive(ownClaim)], to: source))
  }

  mutating func weigh(ownDead claim: Accusation, from source: Address?) {
    guard phase == .running else { return ignore(.leaving) }
    guard claim.incarnation >= me.incarnation else { return enlighten(claim.from, at: source) }
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

  /// Others still hold our name for an earlier life at another address, and take no word of ours before it has been
  /// dead for a while. They do not know where we are either, so nobody will tell us when that time has come.
  mutating func noteOwnName(held state: MemberState) {
    guard state == .dead || state == .suspect, phase == .running, !nameClaimIsPlanned,
      configuration.deadNodeReclaim > .zero
    else { return }
    nameClaimIsPlanned = true
    // A little more, since not all have known of the death equally long.
    set(.claimName, after: configuration.deadNodeReclaim + configuration.probeInterval)
  }

  /// Says again who we are, and asks somebody, whose answer tells whether that is now believed.
  mutating func claimName() {
    nameClaimIsPlanned = false
    guard phase == .running else { return }
    spread(.alive(ownClaim), about: me.name)
    guard let member = table.pick(1, using: &generator, where: { $0.state == .alive || $0.state == .suspect }).first
    else { return }
    openPushPull(.exchange, to: member.address, isJoin: false)
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
