import Gossip
import Simulation

extension Command {
  static let simulate = Command(
    "simulate", "membership", "the membership machine in a virtual world, checked at every step",
    details: """
      The same seed, members and scenario give the same run, to the packet.
      Scenarios: \(Scenario.names.joined(separator: ", "))
      Exit status: 0 when all checkers pass; 1 when one fails, with the command that repeats it.
      """,
    flags: [
      Flag("seed", .value("S"), "where chance comes from (default: another one each time; the report names it)"),
      Flag("members", .value("N"), "how many members, 2 to 1000 (default 5)"),
      Flag("scenario", .value("NAME"), "what happens to them (default chaos, drawn from the seed)"),
    ]
  ) { flags in
    let machine = try flags.operand("MACHINE")
    guard machine == "membership" else {
      throw UsageError(origin: "MACHINE", why: "'\(Table.printable(machine))' is not membership")
    }
    var chance = SystemRandomNumberGenerator()
    let seed = try SimulateCommand.seed(flags) ?? UInt64.random(in: 0..<1_000_000, using: &chance)
    let members = try flags.integer("members", in: 2...1000) ?? 5
    let name = flags.text("scenario") ?? "chaos"
    guard let scenario = Scenario.named(name, seed: seed, members: members) else {
      throw flags.error("scenario", "'\(Table.printable(name))' is none of \(Scenario.names.joined(separator: ", "))")
    }
    let report = MembershipSimulation.run(seed: seed, members: members, scenario: scenario)
    Terminal.write(report.text)
    return report.passed ? .well : .failed
  }
}

enum SimulateCommand {
  static func seed(_ flags: ScannedFlags) throws(UsageError) -> UInt64? {
    guard let text = flags.text("seed") else { return nil }
    guard let seed = UInt64(text) else {
      throw flags.error("seed", "'\(Table.printable(text))' is not a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }
}
