import Swim
import Testing

/// memberlist's own defaults, as its three presets have them: members of both kinds must agree on time.
@Suite("profiles")
struct ProfileTests {
  @Test("the LAN profile has memberlist's figures")
  func lan() {
    let figures = Swim.Configuration.lan
    #expect(figures.probeInterval == .seconds(1) && figures.probeTimeout == .milliseconds(500))
    #expect(figures.indirectChecks == 3 && figures.retransmitMultiplier == 4)
    #expect(figures.suspicionMultiplier == 4 && figures.suspicionMaxTimeoutMultiplier == 6)
    #expect(figures.awarenessMaxMultiplier == 8)
    #expect(figures.gossipNodes == 3 && figures.gossipInterval == .milliseconds(200))
    #expect(figures.gossipToTheDead == .seconds(30) && figures.pushPullInterval == .seconds(30))
    #expect(figures.streamTimeout == .seconds(10) && figures.packetBytes == 1400)
    #expect(figures.deadNodeReclaim == .zero)
  }

  @Test("the WAN profile has memberlist's figures")
  func wan() {
    let figures = Swim.Configuration.wan
    #expect(figures.probeInterval == .seconds(5) && figures.probeTimeout == .seconds(3))
    #expect(figures.indirectChecks == 3 && figures.retransmitMultiplier == 4)
    #expect(figures.suspicionMultiplier == 6 && figures.suspicionMaxTimeoutMultiplier == 6)
    #expect(figures.awarenessMaxMultiplier == 8)
    #expect(figures.gossipNodes == 4 && figures.gossipInterval == .milliseconds(500))
    #expect(figures.gossipToTheDead == .seconds(60) && figures.pushPullInterval == .seconds(60))
    #expect(figures.streamTimeout == .seconds(30) && figures.packetBytes == 1400)
  }

  @Test("the local profile has memberlist's figures")
  func local() {
    let figures = Swim.Configuration.local
    #expect(figures.probeInterval == .seconds(1) && figures.probeTimeout == .milliseconds(200))
    #expect(figures.indirectChecks == 1 && figures.retransmitMultiplier == 2)
    #expect(figures.suspicionMultiplier == 3 && figures.suspicionMaxTimeoutMultiplier == 6)
    #expect(figures.awarenessMaxMultiplier == 8)
    #expect(figures.gossipNodes == 3 && figures.gossipInterval == .milliseconds(100))
    #expect(figures.gossipToTheDead == .seconds(15) && figures.pushPullInterval == .seconds(15))
    #expect(figures.streamTimeout == .seconds(1) && figures.packetBytes == 1400)
  }
}
