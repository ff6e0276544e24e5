import Simulation
import Swim
import Testing

@Suite("scenarios as text")
struct ScenarioParserTests {
  @Test("steps come in the order of their times, conditions first")
  func order() throws {
    let scenario = try Scenario(name: "x", text: "profile wan\nat 20s heal\nat 10s crash 1 # not 2\nloss 5%\nuntil 30s")
    #expect(scenario.profile == .wan.asRun)
    #expect(scenario.steps.map(\.text) == ["loss 5%", "crash 1", "heal"])
    #expect(scenario.end == .seconds(30))
  }

  @Test(
    "what means nothing is refused with its line",
    arguments: [
      "until", "until soon", "at 10s", "at 10s explode 1", "at ten crash 1", "loss 101%", "loss five", "at 1s crash ab",
      "latency 5ms 1ms", "profile moon", "by 3s all see 1 tired", "at 1s cut 1", "at 1s crash -1",
      "drift 60%", "drift", "reorder 5", "late 0", "late most", "lifeguard half", "pausing 5% 5s", "pausing 5% 9s 5s",
      "members 1", "members 20000", "seed -1", "warm up", "at 1s 1 hears dead 2 5", "at 1s 1 hears alive 2",
      "at 1s 1 hears dead 2 5 of 3", "at 1s 1 hears alive 2 -1", "at 1s record all", "at 1s show", "at -1s heal",
      "at 1s mute 1", "at infs heal", "at nans heal", "at 1s partition", "at 1s crash half now",
      "at 1s restart 3 nowhere", "at 1s restart rest elsewhere",
    ])
  func refused(_ line: String) {
    #expect { try Scenario(name: "x", text: "# first\n\(line)\nuntil 9s") } throws: { error in
      (error as? ScenarioError)?.line == 2
    }
  }

  @Test("how the world begins is part of the text")
  func beginnings() throws {
    let text = "lifeguard paper\nprofile lan\nwarm\nunchecked\nlate 3\nmembers 9\nseed 5\nuntil 9s"
    let scenario = try Scenario(name: "x", text: text)
    #expect(scenario.isWarm && !scenario.isChecked && scenario.late == .allBut(3))
    #expect(scenario.members == 9 && scenario.seed == 5 && scenario.steps.isEmpty)
    var profile = Swim.Configuration.lan.asRun
    profile.lifeguard = .paper
    #expect(scenario.profile == profile)
  }

  @Test("steps of one time stay in the order of the text")
  func sameTime() throws {
    let scenario = try Scenario(name: "x", text: "at 2s crash 1\nat 1s heal\nat 2s crash 2\nat 2s crash 3\nuntil 9s")
    #expect(scenario.steps.map(\.text) == ["heal", "crash 1", "crash 2", "crash 3"])
  }

  @Test("a scenario needs an end")
  func endless() {
    #expect(throws: ScenarioError.self) { try Scenario(name: "x", text: "at 1s crash 1") }
  }
}
