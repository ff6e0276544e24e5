import Simulation
import Testing

@Suite("scenarios of batches as text")
struct BatchScenarioTests {
  @Test("steps come in the order of their times, conditions first")
  func order() throws {
    let scenario = try BatchScenario(
      name: "x", text: "at 20s heal 1\nat 10s partition 1 # not 2\nbreaks 5%\nat 10s kill\nuntil 30s")
    #expect(scenario.steps.map(\.text) == ["breaks 5%", "partition 1", "kill", "heal 1"])
    #expect(scenario.end == .seconds(30))
  }

  @Test(
    "what means nothing is refused with its line",
    arguments: [
      "until", "until soon", "at 10s", "at 10s explode 1", "at ten crash 1", "breaks 101%", "breaks five", "crash 1",
      "at 1s crash ab", "latency 5ms 1ms", "sync 1ms", "at 1s submit 0", "at 1s submit many", "at 1s cancel -1",
      "at 1s kill 9", "coordinators 0", "coordinators 9", "at 1s coordinators 2", "at 1s full disk", "drift 60%",
      "at -1s kill", "members 3", "loss 5%",
    ])
  func refused(_ line: String) {
    #expect { try BatchScenario(name: "x", text: "# first\n\(line)\nuntil 9s") } throws: { error in
      (error as? ScenarioError)?.line == 2
    }
  }

  @Test("a scenario needs an end")
  func endless() {
    #expect(throws: ScenarioError.self) { try BatchScenario(name: "x", text: "at 1s kill") }
  }
}
