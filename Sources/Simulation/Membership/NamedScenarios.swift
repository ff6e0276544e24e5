extension Scenario {
  /// The scenarios that the command line knows by name.
  package static let names = texts.map(\.name) + ["chaos"]

  /// The scenario of that name; `chaos` is drawn from the seed.
  package static func named(_ name: String, seed: UInt64, members: Int) -> Scenario? {
    if name == "chaos" { return chaos(seed: seed, members: members) }
    guard let text = texts.first(where: { $0.name == name })?.text else { return nil }
    do throws(ScenarioError) {
      return try Scenario(name: name, text: text)
    } catch {
      preconditionFailure("the built-in scenario \(name) is malformed, \(error)")
    }
  }

  private static let texts: [(name: String, text: String)] = [
    ("calm", "until 40s"),
    ("loss", "profile lan\nloss 5%\nlatency 1ms 40ms\nduplicates 2%\nuntil 120s"),
    ("crash", "at 10s crash a\nby 20s all see a dead\nuntil 40s"),
    (
      "crash-lan",
      "profile lan\nat 10s crash a\nby 40s all see a dead\nat 60s restart a\nby 70s all see a alive\nuntil 90s"
    ),
    (
      "restart",
      "at 10s crash a\nat 12s restart a\nby 20s all see a alive\nat 30s crash a\nat 50s restart a\nuntil 90s"
    ),
    ("leave", "at 10s leave a\nby 11s all see a left\nat 20s restart a\nby 25s all see a alive\nuntil 50s"),
    ("partition", "at 10s partition half\nat 60s heal\nuntil 140s"),
    ("long-partition", "at 10s partition half\nat 4000s heal\nuntil 4100s"),
    ("island", "at 10s partition a\nat 50s heal\nuntil 120s"),
    ("one-way", "at 10s cut a b\nat 60s mend a b\nuntil 80s"),
    ("pause", "at 10s pause a\nat 40s resume a\nuntil 80s"),
    (
      "stutter",
      "at 10s pause a\nat 12s resume a\nat 14s pause a\nat 16s resume a\nat 18s pause a\nat 20s resume a\nuntil 60s"
    ),
    ("meta", "loss 2%\nat 10s meta a one\nat 10.1s meta a two\nat 15s meta b three\nuntil 40s"),
  ]
}
