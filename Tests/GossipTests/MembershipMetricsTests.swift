import Loop
import Net
import Swim
import Testing

@testable import Gossip

@Suite("Metrics of a member", .timeLimit(.minutes(2))) struct MembershipMetricsTests {
  private func metrics(_ party: Party) async -> [String] {
    let bytes = await party.on { membership in
      var metrics = MetricsWriter()
      membership.write(into: &metrics)
      return metrics.end()
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func number(_ sample: String, in lines: [String]) -> Int? {
    lines.first { $0.hasPrefix(sample + " ") }.flatMap { Int($0.dropFirst(sample.count + 1)) }
  }

  @Test("a member tells its name, how many members there are in which state, and what it gossips")
  func cluster() async throws {
    let first = try await Party.start("fi\"rst", role: .coordinator)
    let second = try await Party.start("second", join: [first.gossip])
    try await first.sees("fi\"rst", "second")
    let stranger = try await Stranger.connect(to: first)
    await stranger.write([0xff, 0xff])
    await stranger.waitForEnd()
    stranger.stop()

    let lines = await metrics(first)
    #expect(number(#"ignareo_member_info{name="fi\"rst",role="coordinator",version="0.1.0"}"#, in: lines) == 1)
    #expect(number(#"ignareo_cluster_members{role="node",state="alive"}"#, in: lines) == 1)
    #expect(number(#"ignareo_cluster_members{role="coordinator",state="alive"}"#, in: lines) == 1)
    #expect(number(#"ignareo_cluster_members{role="other",state="dead"}"#, in: lines) == 0)
    // On a busy machine either may doubt itself.
    #expect(0..<8 ~= (number("ignareo_gossip_awareness_score", in: lines) ?? -1))
    #expect(number(#"ignareo_gossip_streams_total{direction="in"}"#, in: lines) ?? 0 > 0)
    let dropped = lines.filter { $0.hasPrefix("ignareo_gossip_dropped_total{") }
    #expect(dropped.contains(#"ignareo_gossip_dropped_total{reason="unknown_type"} 1"#), "\(dropped)")
    let ignored = lines.filter { $0.hasPrefix("ignareo_gossip_ignored_total{") }
    #expect(ignored.contains { $0.contains(#"reason="already_known""#) } && ignored.count > 10)

    try await first.waits("they probe each other") { _ in first.membership.traffic.received.datagrams > 2 }
    let traffic = await first.on { $0.traffic }
    #expect(traffic.sent.datagrams > 0 && traffic.sent.bytes > traffic.sent.datagrams)
    #expect(traffic.received.messages >= 2)

    await second.on { $0.updateMeta { $0.isSlow = true } }
    try await first.waits("the other one is slow") { $0.contains { $0.meta.isSlow } }
    #expect(number("ignareo_cluster_slow_members", in: await metrics(first)) == 1)
    #expect(number("ignareo_gossip_overflow_total", in: lines) == 0)

    await second.kill()
    try await first.waits("the other one is suspect") { $0.contains { $0.state == .suspect || $0.state == .dead } }
    let doubtful = await metrics(first)
    if await first.members().contains(where: { $0.state == .suspect }) {
      let suspect = #"ignareo_cluster_suspect_seconds{name="second",by="fi\"rst"} "#
      #expect(doubtful.contains { $0.hasPrefix(suspect) })
    }
    try await first.waits("the other one is found dead") { $0.contains { $0.state == .dead } }
    let after = await metrics(first)
    #expect(number(#"ignareo_cluster_members{role="node",state="dead"}"#, in: after) == 1)
    #expect(number(#"ignareo_cluster_members{role="node",state="alive"}"#, in: after) == 0)
    #expect(number("ignareo_cluster_slow_members", in: after) == 0)
    #expect(!after.contains { $0.hasPrefix("ignareo_cluster_suspect_seconds{") })
    await first.kill()
  }
}
