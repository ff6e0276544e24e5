import Simulation
import Swim
import Testing

@Suite("scenarios as text")
struct ScenarioParserTests {
  @Test("steps come in the order of their times, conditions first")
  func order() throws {
    let scenario = try Scenario(name: "x", text: "profile wan\nat 20s heal\nat 10s crash 1 # not 2\nloss 5%\nuntil 30s")
    #expect(scenario.profile == .wan)
    #expect(scenario.steps.map(\.text) == ["loss 5%", "crash 1", "heal"])
    #expect(scenario.end == .seconds(30))
  }

  @Test(
    "what means nothing is refused with its line",
    arguments: [
      "until", "until soon", "at 10s", "at 10s explode 1", "at ten crash 1", "loss 101%", "loss five", "at 1s crash ab",
      "latency 5ms 1ms", "profile moon", "by 3s all see 1 tired", "at 1s cut 1", "at 1s crash -1",
    ])
  func refused(_ line: String) {
    #expect { try Scenario(name: "x", text: "# first\n\(line)\nuntil 9s") } throws: { error in
      (error as? ScenarioError)?.line == 2
    }
  }

  @Test("a scenario needs an end")
  func endless() {
    #expect(throws: ScenarioError.self) { try Scenario(name: "x", text: "at 1s crash 1") }
  }
}
