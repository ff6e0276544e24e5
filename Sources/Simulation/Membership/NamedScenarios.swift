extension Scenario {
  /// The scenarios that the command line knows by name.
  package static let names = texts.map(\.name) + ["chaos"]

  /// Those with checkers that take no more than seconds with a dozen members: what the tests run again and again.
  package static let quick = names.filter { !$0.hasPrefix("scale-") && $0 != "long-partition" && $0 != "loss-10min" }

  /// The scenario of that name; `chaos` is drawn from the seed.
  package static func named(_ name: String, seed: UInt64, members: Int) -> Scenario? {
    if name == "chaos" { return chaos(seed: seed, members: members) }
    guard let text = texts.first(where: { $0.name == name })?.text else { return nil }
    do throws(ScenarioError) {
      var scenario = try Scenario(name: name, text: text)
      scenario.origin = .builtIn
      return scenario
    } catch {
      preconditionFailure("the built-in scenario \(name) is malformed, \(error)")
    }
  }

  private static let texts: [(name: String, text: String)] = [
    ("calm", "until 40s"),
    ("loss", "profile lan\nloss 5%\nlatency 1ms 40ms\nduplicates 2%\nat 110s loss 0%\nuntil 120s"),
    ("loss-10min", "profile lan\nloss 5%\nat 600s loss 0%\nuntil 610s"),
    (
      "reorder",
      "profile lan\nreorder 20%\nduplicates 5%\nloss 2%\nat 20s meta a x\nat 21s meta a y\nat 80s loss 0%\nuntil 90s"
    ),
    ("drift", "drift 5%\nat 20s crash a\nby 31s all see a dead\nat 40s restart a\nuntil 90s"),
    ("crash", "at 10s crash a\nby 20s all see a dead\nuntil 40s"),
    (
      "crash-lan",
      "profile lan\nat 10s crash a\nby 40s all see a dead\nat 60s restart a\nby 70s all see a alive\nuntil 90s"
    ),
    // Not all at once: five of a hundred packets are lost, and the others must tell a crash from that.
    ("crash-loss", "loss 5%\nat 20s crash a\nby 60s all see a dead\nat 70s restart a\nat 100s loss 0%\nuntil 120s"),
    (
      "crash-loss-lan",
      "profile lan\nloss 5%\nlatency 1ms 20ms\nat 20s crash a\nby 79s all see a dead\nat 90s restart a\n"
        + "at 120s loss 0%\nuntil 150s"
    ),
    (
      "restart",
      "at 10s crash a\nat 12s restart a\nby 20s all see a alive\nat 30s crash a\nat 50s restart a\nuntil 90s"
    ),
    (
      "restart-elsewhere",
      "at 10s crash a\nat 16s restart a elsewhere\nby 35s all see a alive\nat 60s crash a\nat 90s restart a elsewhere\n"
        + "by 100s all see a alive\nuntil 130s"
    ),
    ("mass-restart", "at 10s crash half\nat 14s restart rest\nat 60s crash half\nat 90s restart rest\nuntil 160s"),
    ("join-storm", "late 1\nat 10s restart rest\nby 25s all see a alive\nuntil 60s"),
    ("join-half", "late half\nloss 3%\nat 10s restart rest\nat 60s loss 0%\nuntil 70s"),
    // After a push-pull of everybody: whom gossip has not told of a newcomer hears of it then, and before of no leave.
    ("leave", "at 20s leave a\nby 21s all see a left\nat 30s restart a\nby 35s all see a alive\nuntil 60s"),
    ("partition", "at 10s partition half\nat 60s heal\nuntil 140s"),
    ("long-partition", "at 10s partition half\nat 4000s heal\nuntil 4100s"),
    ("island", "at 10s partition a\nat 50s heal\nuntil 120s"),
    ("one-way", "at 10s cut a b\nat 60s mend a b\nuntil 80s"),
    ("datagrams-blocked", "at 10s mute a b\nat 12s mute b a\nat 60s unmute a b\nat 60s unmute b a\nuntil 80s"),
    ("pause", "at 10s pause a\nat 40s resume a\nuntil 80s"),
    ("pausing", "profile lan\nat 10s pausing 15% 5s 12s\nat 90s pausing 0% 0s 0s\nuntil 200s"),
    (
      "stutter",
      "at 10s pause a\nat 12s resume a\nat 14s pause a\nat 16s resume a\nat 18s pause a\nat 20s resume a\nuntil 60s"
    ),
    ("meta", "loss 2%\nat 10s meta a one\nat 10.1s meta a two\nat 15s meta b three\nat 32s loss 0%\nuntil 40s"),
    // For figures, with any number of members: what a calm member sends, how fast news and a crash get about.
    ("scale-load", "profile lan\nwarm\nunchecked\nat 20s measure\nuntil 80s"),
    ("scale-crash", "profile lan\nwarm\nunchecked\nat 20s meta a news\nat 40s crash b\nuntil 100s"),
    ("scale-loss-0", "profile lan\nwarm\nunchecked\nloss 0%\nat 10s measure\nuntil 310s"),
    ("scale-loss-1", "profile lan\nwarm\nunchecked\nloss 1%\nat 10s measure\nuntil 310s"),
    ("scale-loss-5", "profile lan\nwarm\nunchecked\nloss 5%\nat 10s measure\nuntil 310s"),
    ("scale-loss-20", "profile lan\nwarm\nunchecked\nloss 20%\nat 10s measure\nuntil 310s"),
    ("scale-pause-1", "profile lan\nwarm\nunchecked\nat 10s pausing 1% 5s 20s\nuntil 310s"),
    ("scale-pause-5", "profile lan\nwarm\nunchecked\nat 10s pausing 5% 5s 20s\nuntil 310s"),
    ("scale-pause-10", "profile lan\nwarm\nunchecked\nat 10s pausing 10% 5s 20s\nuntil 310s"),
  ]
}
