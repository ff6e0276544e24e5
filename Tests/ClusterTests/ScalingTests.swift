import JSON
import Testing

@Suite("The scaling of a coordinator, as a program", .timeLimit(.minutes(2))) struct ScalingTests {
  @Test("a coordinator's figures beside so many nodes are one line of JSON; these nodes are all kept busy")
  func figures() async throws {
    let program = try Program(
      ["simulate", "batch", "--scenario", "scale-dispatch", "--nodes", "3", "--beside", "5", "--json"])
    #expect(try await program.exitStatus() == 0, "\(program.errors)")
    #expect(program.outputLines.count == 1)
    let figures = try JSONValue.parse(program.output)
    #expect(figures["nodes"]?.int == 3)
    let (rate, offered) = (figures["rate_per_s"]?.double ?? 0, figures["offered_per_s"]?.double ?? 0)
    #expect(rate > 0.9 * offered && offered > 2_000, "\(rate) of \(offered)")
    for name in ["scheduler_us", "records_us", "busy"] { #expect(figures[name]?.double ?? 0 > 0, "\(name)") }
    for name in ["lag_ms", "probe_ms"] { #expect(figures[name]?["p50"] != nil && figures[name]?["p99"] != nil) }
  }

  @Test(
    "flags that are not for it are refused",
    arguments: [["--seed", "1"], ["--trace", "x"], ["--members", "3"], ["--nodes", "1001"], ["--beside", "-1"]])
  func refused(_ flags: [String]) async throws {
    let program = try Program(["simulate", "batch", "--scenario", "scale-dispatch"] + flags)
    #expect(try await program.exitStatus() == 2)
    #expect(program.errors.contains(flags[0]))
  }
}
