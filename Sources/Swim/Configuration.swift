extension Swim {
  /// The protocol's figures. The presets hold memberlist's own, so that members of both kinds agree on time.
  package struct Configuration: Sendable, Equatable {
    /// One member is probed in each interval. Shorter finds failures sooner and costs more packets.
    package var probeInterval: Duration
    /// How long a direct ping may take before others are asked; a few times the round trip. Never scaled.
    package var probeTimeout: Duration
    /// How many others are asked to ping a silent member.
    package var indirectChecks: Int
    /// A message is gossiped `retransmitMultiplier × ceil(log10(n + 1))` times.
    package var retransmitMultiplier: Int
    /// Scales how long a suspect has to refute: too small kills slow members, too large keeps dead ones.
    package var suspicionMultiplier: Int
    /// A suspicion that nobody confirms lasts so many times longer.
    package var suspicionMaxTimeoutMultiplier: Int
    package var awarenessMaxMultiplier: Int
    package var gossipInterval: Duration
    package var gossipNodes: Int
    /// Dead members still get gossip for so long, so that one that lives can refute; then the protocol forgets them.
    package var gossipToTheDead: Duration
    package var pushPullInterval: Duration
    /// A whole exchange on a stream, connecting included.
    package var streamTimeout: Duration
    /// A dead member's name may be taken over from another address after so long; zero means never.
    package var deadNodeReclaim: Duration
    /// About every so often a dead member is dialled, for ever, so that a healed partition merges. The same on a WAN:
    /// the network's return is waited for as impatiently there.
    package var redialInterval: Duration

    /// The largest datagram, everything included.
    package var packetBytes: Int
    /// What the shell wraps around each datagram: `EncryptionFrame.overheadBytes` with a key, plus a label's header.
    package var wrappingBytes: Int
    package var lifeguard = Lifeguard.whole

    package static let lan = Configuration(
      probeInterval: .seconds(1), probeTimeout: .milliseconds(500), indirectChecks: 3, retransmitMultiplier: 4,
      suspicionMultiplier: 4, suspicionMaxTimeoutMultiplier: 6, awarenessMaxMultiplier: 8,
      gossipInterval: .milliseconds(200), gossipNodes: 3, gossipToTheDead: .seconds(30), pushPullInterval: .seconds(30),
      streamTimeout: .seconds(10), deadNodeReclaim: .zero, redialInterval: .seconds(30), packetBytes: 1400,
      wrappingBytes: 0)

    /// Longer round trips and more loss than in one building.
    package static let wan: Configuration = {
      var figures = lan
      figures.probeInterval = .seconds(5)
      figures.probeTimeout = .seconds(3)
      figures.suspicionMultiplier = 6
      figures.gossipInterval = .milliseconds(500)
      figures.gossipNodes = 4
      figures.gossipToTheDead = .seconds(60)
      figures.pushPullInterval = .seconds(60)
      figures.streamTimeout = .seconds(30)
      return figures
    }()

    /// One machine: no loss, no distance.
    package static let local: Configuration = {
      var figures = lan
      figures.probeTimeout = .milliseconds(200)
      figures.indirectChecks = 1
      figures.retransmitMultiplier = 2
      figures.suspicionMultiplier = 3
      figures.gossipInterval = .milliseconds(100)
      figures.gossipToTheDead = .seconds(15)
      figures.pushPullInterval = .seconds(15)
      figures.streamTimeout = .seconds(1)
      figures.redialInterval = .seconds(10)
      return figures
    }()

    /// The preset as our members run it. They differ from memberlist's in one thing: a process that was killed and
    /// started again elsewhere must get its name back without an operator.
    package var asRun: Configuration {
      var figures = self
      figures.deadNodeReclaim = .seconds(5)
      return figures
    }

    /// Intervals pass, and an alive of the longest name and meta fits a packet.
    package var isSane: Bool {
      let intervals = [probeInterval, probeTimeout, gossipInterval, pushPullInterval, streamTimeout, redialInterval]
      return intervals.allSatisfy { $0 >= .milliseconds(1) } && payloadBytes >= 1024 && suspicionMultiplier > 0
        && suspicionMaxTimeoutMultiplier > 0 && retransmitMultiplier > 0 && awarenessMaxMultiplier > 0
        && gossipNodes > 0 && indirectChecks >= 0
    }

    /// What the machine's own messages may take of a packet.
    package var payloadBytes: Int { packetBytes - wrappingBytes }
  }
}
