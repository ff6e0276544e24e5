extension BatchScenario {
  /// The scenarios that the command line knows by name.
  package static let names = texts.map(\.name) + ["chaos"]

  /// The scenario of that name; `chaos` is drawn from the seed.
  package static func named(_ name: String, seed: UInt64) -> BatchScenario? {
    if name == "chaos" { return chaos(seed: seed) }
    guard let text = texts.first(where: { $0.name == name })?.text else { return nil }
    do throws(ScenarioError) {
      return try BatchScenario(name: name, text: text)
    } catch {
      preconditionFailure("the built-in scenario \(name) is malformed, \(error)")
    }
  }

  private static let submissions = "at 0.1s submit 60\nat 0.5s submit 30\nat 1s submit 60\nat 2s submit 10\n"

  private static let texts: [(name: String, text: String)] = [
    ("calm", submissions + "until 5s"),
    (
      "crash",
      submissions + "at 0.6s crash a\nat 2.2s crash b\nat 4s restart a\nat 9s crash a\nat 9.1s restart a\nuntil 12s"
    ),
    (
      "coordinator",
      submissions + "unanswered 30%\nat 0.13s kill\nat 0.3s start\nat 0.7s kill\nat 1.5s start\nat 2.1s power\n"
        + "at 2.5s start\nat 4s power\nat 5s start\nuntil 6s"
    ),
    (
      "power",
      submissions + "sync 5ms 60ms\nat 0.16s power\nat 0.2s start\nat 0.64s power\nat 0.7s start\nat 1.1s kill\n"
        + "at 1.2s start\nat 1.25s power\nat 1.3s start\nat 3s power\nat 3.1s start\nuntil 6s"
    ),
    (
      "partition",
      submissions + "at 0.6s partition a\nat 1.2s heal a\nat 2s partition a\nat 2s partition b\nat 30s heal a\n"
        + "at 30s submit 40\nat 31s heal b\nuntil 40s"
    ),
    (
      "full-disk",
      submissions + "at 0.6s full\nat 4s room\nat 4.5s submit 60\nat 4.6s full\nat 5s power\nat 6s start\n"
        + "at 7s room\nuntil 9s"
    ),
    (
      "side-by-side",
      "coordinators 3\n" + submissions + "at 0.52s submit 70\nat 0.7s kill 1\nat 1.2s crash a\nat 1.4s start 1\n"
        + "at 2.1s power 2\nat 2.4s start 2\nat 3s restart a\nat 3s submit 70\nat 3.1s submit 70\nuntil 6s"
    ),
    ("poison", "poison 2%\n" + submissions + "until 30s"),
    ("slow", submissions + "straggles 4%\nat 0.2s slow a\nat 1.5s slow b\nat 6s fast a\nuntil 10s"),
    (
      "cancel",
      submissions + "at 0.11s cancel 0\nat 0.55s cancel 1\nat 0.56s partition a\nat 1.3s cancel 2\nat 1.32s kill\n"
        + "at 2s start\nat 2.005s cancel 3\nat 3s heal a\nuntil 6s"
    ),
    (
      "network",
      submissions + "breaks 15%\nrefuses 10%\nunreached 10%\ngarbles 4%\ndoubles 10%\nlate 30%\npartial 10%\n"
        + "latency 1ms 60ms\nuntil 8s"
    ),
    (
      "drain",
      submissions + "at 0.6s drain a\nat 0.7s refuse b\nat 1.4s suspect b\nat 2s accept b\nat 5s restart a\nuntil 8s"
    ),
  ]
}
