import Gossip
import Simulation

extension Command {
  static let simulate = Command(
    "simulate", "membership", "the membership machine in a virtual world, checked at every step",
    details: """
      The same seed, members and scenario give the same run, to the packet.
      Scenarios: \(Scenario.names.joined(separator: ", ")); or a file, whose name ends in .txt
      Exit status: 0 when all checkers pass; 1 when one fails, with the command that repeats it.
      """,
    flags: [
      Flag("seed", .value("S"), "where chance comes from (default: another one each time; the report names it)"),
      Flag("members", .value("N"), "how many members, 2 to 10000 (default 5); each holds all, so memory grows as N²"),
      Flag("scenario", .value("NAME"), "what happens to them (default chaos, drawn from the seed)"),
      Flag("lifeguard", .value("PART"), "off, paper, stalls or on: what keeps slow members harmless (default on)"),
      Flag("trace", .toggle, "all that happened, packets left out, before the report"),
      Flag("json", .toggle, "the figures and failures as one line of JSON"),
    ]
  ) { flags in
    let machine = try flags.operand("MACHINE")
    guard machine == "membership" else {
      throw UsageError(origin: "MACHINE", why: "'\(Table.printable(machine))' is not membership")
    }
    let report = try SimulateCommand.report(flags)
    if flags.has("trace") { for line in report.trace { Terminal.write(Array("\(line)\n".utf8)) } }
    Terminal.write(flags.has("json") ? report.jsonLine : Array(report.text.utf8))
    return report.passed ? .well : .failed
  }
}

enum SimulateCommand {
  static func report(_ flags: ScannedFlags) throws -> Report {
    var chance = SystemRandomNumberGenerator()
    let given = try seed(flags)
    let wanted = try flags.integer("members", in: MembershipSimulation.sizes)
    let name = flags.text("scenario") ?? "chaos"
    let isFile = name.hasSuffix(".txt")
    var scenario = isFile ? try read(name, flags) : nil
    let seed = given ?? scenario?.seed ?? UInt64.random(in: 0..<1_000_000, using: &chance)
    let members = wanted ?? scenario?.members ?? 5
    if !isFile { scenario = Scenario.named(name, seed: seed, members: members) }
    guard var scenario else {
      throw flags.error("scenario", "'\(Table.printable(name))' is none of \(Scenario.names.joined(separator: ", "))")
    }
    if let part = flags.text("lifeguard") {
      guard scenario.use(lifeguard: part) else {
        throw flags.error("lifeguard", "'\(Table.printable(part))' is none of off, paper, stalls, on")
      }
    }
    return MembershipSimulation.run(seed: seed, members: members, scenario: scenario)
  }

  static func seed(_ flags: ScannedFlags) throws(UsageError) -> UInt64? {
    guard let text = flags.text("seed") else { return nil }
    guard let seed = UInt64(text) else {
      throw flags.error("seed", "'\(Table.printable(text))' is not a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }
}
