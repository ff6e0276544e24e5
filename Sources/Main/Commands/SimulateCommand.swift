import Gossip
import Simulation

extension Command {
  static let simulate = Command(
    "simulate", "membership | batch", "the production machines in a virtual world, checked at every step",
    details: """
      membership: the machine of gossip, on many members. batch: the scheduler and the journal of a coordinator, with
      its nodes, its disk and its submitters. The same seed, size and scenario give the same run, to the byte.
      Scenarios of membership: \(Scenario.names.joined(separator: ", ")).
      Scenarios of batch: \(BatchScenario.names.joined(separator: ", ")).
      Or a file, whose name ends in .txt.
      Exit status: 0 when all checkers pass; 1 when one fails, with the command that repeats it.
      """,
    flags: [
      Flag("seed", .value("S"), "where chance comes from (default: another one each time; the report names it)"),
      Flag("members", .value("N"), "membership: how many, 2 to 10000 (default 5); memory grows as N²"),
      Flag("nodes", .value("N"), "batch: how many, 1 to 100 (default 5)"),
      Flag("scenario", .value("NAME"), "what happens to them (default chaos, drawn from the seed)"),
      Flag("lifeguard", .value("PART"), "membership: off, paper, stalls or on: what keeps slow members harmless"),
      Flag("json", .toggle, "the figures and failures as one line of JSON"),
    ]
  ) { flags in
    let machine = try flags.operand("MACHINE")
    switch machine {
    case "membership": return try SimulateCommand.show(SimulateCommand.membership(flags), flags)
    case "batch": return try SimulateCommand.show(SimulateCommand.batch(flags), flags)
    default:
      throw UsageError(origin: "MACHINE", why: "'\(Table.printable(machine))' is neither membership nor batch")
    }
  }
}

enum SimulateCommand {
  static func show(_ report: some PrintableReport, _ flags: ScannedFlags) -> ExitCode {
    Terminal.write(flags.has("json") ? report.jsonLine : Array(report.text.utf8))
    return report.passed ? .well : .failed
  }

  static func membership(_ flags: ScannedFlags) throws -> Report {
    try refuse(["nodes"], of: "batch", flags)
    let given = try seed(flags)
    let wanted = try flags.integer("members", in: MembershipSimulation.sizes)
    let name = flags.text("scenario") ?? "chaos"
    var scenario = try text(name, flags) { text throws(ScenarioError) in try Scenario(name: name, text: text) }
    let seed = given ?? scenario?.seed ?? anySeed()
    let members = wanted ?? scenario?.members ?? 5
    scenario = scenario ?? Scenario.named(name, seed: seed, members: members)
    guard var scenario else { throw unknown(name, among: Scenario.names, flags) }
    if let part = flags.text("lifeguard") {
      guard scenario.use(lifeguard: part) else {
        throw flags.error("lifeguard", "'\(Table.printable(part))' is none of off, paper, stalls, on")
      }
    }
    return MembershipSimulation.run(seed: seed, members: members, scenario: scenario)
  }

  static func batch(_ flags: ScannedFlags) throws -> BatchReport {
    try refuse(["members", "lifeguard"], of: "membership", flags)
    let seed = try seed(flags) ?? anySeed()
    let nodes = try flags.integer("nodes", in: BatchSimulation.sizes) ?? 5
    let name = flags.text("scenario") ?? "chaos"
    let written = try text(name, flags) { text throws(ScenarioError) in try BatchScenario(name: name, text: text) }
    guard let scenario = written ?? BatchScenario.named(name, seed: seed) else {
      throw unknown(name, among: BatchScenario.names, flags)
    }
    return BatchSimulation.run(seed: seed, nodes: nodes, scenario: scenario)
  }

  private static func refuse(_ names: [String], of machine: String, _ flags: ScannedFlags) throws(UsageError) {
    for name in names where flags.has(name) { throw flags.error(name, "it is for `simulate \(machine)` alone") }
  }

  private static func unknown(_ name: String, among names: [String], _ flags: ScannedFlags) -> UsageError {
    flags.error("scenario", "'\(Table.printable(name))' is none of \(names.joined(separator: ", "))")
  }

  private static func anySeed() -> UInt64 {
    var chance = SystemRandomNumberGenerator()
    return UInt64.random(in: 0..<1_000_000, using: &chance)
  }

  static func seed(_ flags: ScannedFlags) throws(UsageError) -> UInt64? {
    guard let text = flags.text("seed") else { return nil }
    guard let seed = UInt64(text) else {
      throw flags.error("seed", "'\(Table.printable(text))' is not a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }
}
