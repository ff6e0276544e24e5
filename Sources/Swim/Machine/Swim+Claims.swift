import Clockwork

// What is said about other members. A higher incarnation overrules a lower one; within one, suspect overrules alive and
// dead overrules both (SWIM, section 4.2).

extension Swim {
  mutating func weigh(alive claim: Alive) {
    var claim = claim
    claim.address = withOwnPortIfNone(claim.address)
    guard Self.isUsable(claim.node) else { return ignore(.unusableName) }
    if let versions = claim.versions, !versions.isUsable { return ignore(.unusableVersions) }
    if claim.node == me.name { return weigh(ownAlive: claim) }
    if let place = table.place(of: claim.node) {
      weigh(alive: claim, at: place)
    } else {
      admit(claim)
    }
  }

  /// Every member begins as dead with incarnation 0, so an alive of incarnation 0 says nothing.
  private mutating func admit(_ claim: Alive) {
    guard claim.incarnation > 0 else { return ignore(.oldIncarnation) }
    guard table.count < Limits.members else { return ignore(.tableFull) }
    guard fitsAPacket(.alive(claim)) else { return ignore(.tooLarge) }
    _ = departed.remove(claim.node)
    let member = Member(
      name: claim.node, address: claim.address, meta: claim.meta, versions: claim.versions ?? .none,
      incarnation: claim.incarnation, state: .alive, since: now)
    _ = table.insert(member, using: &generator)
    spread(.alive(claim), about: claim.node)
    emit(.event(.joined(member)))
  }

  private mutating func weigh(alive claim: Alive, at place: Int) {
    let known = table[place].member
    if claim.address != known.address {
      guard mayTakeOver(known) else { return nameConflict(claim, at: place) }
    } else if claim.incarnation <= known.incarnation {
      return ignore(.oldIncarnation)
    }
    guard fitsAPacket(.alive(claim)) else { return ignore(.tooLarge) }
    spread(.alive(claim), about: claim.node)
    table[place].suspicion = nil
    table[place].member.suspectedBy = []
    table[place].member.incarnation = claim.incarnation
    table[place].member.address = claim.address
    table[place].member.meta = claim.meta
    if let versions = claim.versions { table[place].member.versions = versions }
    if known.state != .alive { table.setState(.alive, at: place, since: now) }
    tell(of: table[place].member, was: known)
  }

  private mutating func tell(of member: Member, was known: Member) {
    switch known.state {
    case .dead, .left: emit(.event(.joined(member)))
    case .suspect: emit(.event(.refuted(member)))
    case .alive: break
    }
    if known.state == .alive || known.state == .suspect, member.meta != known.meta || member.address != known.address {
      emit(.event(.updated(member)))
    }
  }

  /// A name whose owner has gone may be used from another address.
  private func mayTakeOver(_ known: Member) -> Bool {
    switch known.state {
    case .left: true
    case .dead: configuration.deadNodeReclaim > .zero && now - known.since > configuration.deadNodeReclaim
    case .alive, .suspect: false
    }
  }

  private mutating func nameConflict(_ claim: Alive, at place: Int) {
    ignore(.nameConflict)
    guard isTimeToTell(table[place].conflictTold) else { return }
    table[place].conflictTold = now
    emit(.event(.nameConflict(name: claim.node, held: table[place].member.address, claimed: claim.address)))
  }

  /// - Parameter source: where the datagram came from that said so; nil where none did.
  mutating func weigh(suspect claim: Accusation, from source: Address? = nil) {
    guard Self.isUsable(claim.node), Self.isUsable(claim.from) else { return ignore(.unusableName) }
    if claim.node == me.name { return weigh(ownSuspect: claim, from: source) }
    guard let place = table.place(of: claim.node) else { return ignore(.unknownMember) }
    guard claim.incarnation >= table[place].member.incarnation else { return ignore(.oldIncarnation) }
    if table[place].suspicion != nil { return confirm(claim, at: place) }
    guard table[place].member.state == .alive else { return ignore(.notAlive) }
    spread(.suspect(claim), about: claim.node)
    lastSuspicion += 1
    let suspicion = Suspicion(
      number: lastSuspicion, accuser: claim.from, at: time, members: knownCount, configuration: configuration)
    table[place].suspicion = suspicion
    table[place].member.incarnation = claim.incarnation
    table[place].member.suspectedBy = suspicion.accusers
    table.setState(.suspect, at: place, since: now)
    timers.set(.suspicion(name: claim.node, number: suspicion.number), at: suspicion.deadline)
    emit(.event(.suspected(table[place].member)))
  }

  private mutating func confirm(_ claim: Accusation, at place: Int) {
    guard table[place].suspicion!.confirm(by: claim.from) else { return ignore(.alreadyKnown) }
    let suspicion = table[place].suspicion!
    table[place].member.suspectedBy = suspicion.accusers
    spread(.suspect(claim), about: claim.node)
    timers.set(.suspicion(name: claim.node, number: suspicion.number), at: suspicion.deadline)
  }

  mutating func suspicionTimer(_ name: String, _ number: UInt64) {
    guard let place = table.place(of: name), let suspicion = table[place].suspicion, suspicion.number == number,
      suspicion.deadline <= time
    else { return }
    weigh(dead: Accusation(incarnation: table[place].member.incarnation, node: name, from: me.name))
  }

  mutating func weigh(dead claim: Accusation, from source: Address? = nil) {
    guard Self.isUsable(claim.node), Self.isUsable(claim.from) else { return ignore(.unusableName) }
    if claim.node == me.name { return weigh(ownDead: claim, from: source) }
    guard let place = table.place(of: claim.node) else { return ignore(.unknownMember) }
    let known = table[place].member
    guard claim.incarnation >= known.incarnation else { return ignore(.oldIncarnation) }
    guard known.state == .alive || known.state == .suspect else { return ignore(.alreadyKnown) }
    spread(.dead(claim), about: claim.node)
    let isLeave = claim.from == claim.node
    table[place].suspicion = nil
    table[place].member.incarnation = claim.incarnation
    if isLeave { table[place].member.suspectedBy = [] }
    table.setState(isLeave ? .left : .dead, at: place, since: now)
    emit(.event(isLeave ? .left(table[place].member) : .died(table[place].member, by: claim.from)))
    if reachableCount == 0 { startJoining() }
  }

  static func isUsable(_ name: String) -> Bool { 1...Limits.nameBytes ~= name.utf8.count }
}

extension Versions {
  /// Protocol 0 does not exist, and the range must not be empty.
  var isUsable: Bool { protocolMin >= 1 && protocolMax >= 1 && protocolMin <= protocolMax }
}
