extension Swim {
  /// Every bound of the machine and its format. What exceeds one is refused with a reason, never cut.
  package enum Limits {
    /// A member's name. Longer ones would crowd a packet.
    package static let nameBytes = 255
    /// The application's bytes about this process. Others' are taken up to what a packet holds.
    package static let metaBytes = 512
    /// Members in the table, this process left out.
    package static let members = 100_000
    /// Members that the protocol forgot and that are still listed or dialled; the oldest go first.
    package static let departedMembers = 16_384
    /// How long a dead or left member stays listed.
    package static let listedAfterEnd = Duration.seconds(3600)
    /// How long a leave takes at most, from `.leave` to `.left`, on the machine's own clock.
    package static let leave = Duration.seconds(5)
    /// Pings on behalf of others under way at once.
    package static let relays = 1024
    /// Of these, for those who are no members here.
    package static let relaysForStrangers = 256
    /// The addresses of one `join`.
    package static let joinAddresses = 256
    /// Streams of others served at once, as in memberlist.
    package static let incomingExchanges = 127
    /// Dead members that one member dials in one interval at most.
    package static let redialsAtOnce = 8
    /// How often the same complaint is raised again.
    package static let complaintInterval = Duration.seconds(60)

    /// memberlist 0.2.2 misreads a compound of 128 or more.
    package static let compoundParts = 127
    /// The largest datagram that is read.
    package static let packetBytesRead = 65_535
    /// What one datagram may expand to, all its compressed parts together: as much as one may carry uncompressed.
    package static let packetBytesExpanded = 1 << 16
    /// What a compressed part counts as at least, since the smallest costs its decoder's tables.
    package static let packetPartBytesExpanded = 4096
    /// What compressed bytes may expand to: so many times their own number, and a little always. Members' states shrink
    /// to a tenth or so; more is made of one byte again and again, to cost whoever reads it.
    package static let expansionRatio = 64
    package static let expansionAlways = 1 << 16
    /// Compounds and compressions within each other.
    package static let nesting = 8
    /// One message on a stream, encrypted or plain: memberlist's own bound on the encrypted length.
    package static let streamBytesEncrypted = 20 << 20
    package static let streamBytes = 40 << 20
    /// Expanded in one step, in which this process does nothing else: some 60,000 members' states.
    package static let streamBytesExpanded = 8 << 20
    /// The table, and whoever sends it.
    package static let pushPullStates = members + 1
    package static let userBytes = 20 << 20
    /// Fields of one message, and values in fields that nobody here knows.
    package static let fields = 64
    package static let skippedValues = 4096
    package static let skippedNesting = 32
  }
}
