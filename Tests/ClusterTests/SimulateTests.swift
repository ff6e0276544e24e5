import Testing

@Suite("The simulation as a program", .timeLimit(.minutes(5))) struct SimulateTests {
  /// Within one process a dictionary has one order; another process seeds its hashes anew.
  @Test("the same seed gives the same run in every process", arguments: ["chaos", "mass-restart"])
  func sameSeed(_ scenario: String) async throws {
    var reports: Set<String> = []
    for _ in 1...3 {
      let program = try Program(["simulate", "membership", "--seed", "11", "--members", "9", "--scenario", scenario])
      #expect(try await program.exitStatus() == 0, "\(program.output)\(program.errors)")
      #expect(program.output.contains("digest"))
      reports.insert(program.output)
    }
    #expect(reports.count == 1, "\(reports)")
  }
}
