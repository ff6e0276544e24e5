import Gossip
import Simulation

extension Command {
  static let simulate = Command(
    "simulate", "membership | batch", "the production machines in a virtual world, checked at every step",
    details: """
      membership: the machine of gossip, on many members. batch: the scheduler and the journal of a coordinator, with
      its nodes, its disk and its submitters. The same seed, size and scenario give the same run, to the byte.
      Scenarios of membership: \(Scenario.names.joined(separator: ", ")).
      Scenarios of batch: \(BatchScenario.names.joined(separator: ", ")), \(DispatchScaling.scenario).
      \(DispatchScaling.scenario) has no faults and no checkers: it measures what a coordinator's scheduler and records
      take of its processor beside 1 to 1000 nodes, each of which does a thousand tasks a second, and how long a batch
      of one task takes there.
      Or a file, whose name ends in .txt.
      Exit status: 0 when all checkers pass; 1 when one fails, with the events around the first failure and the command
      that repeats it, and 1 when a file's run is not as the record in the file says.

      \(Scenario.language)

      \(BatchScenario.language)
      """,
    flags: [
      Flag("seed", .value("S"), "where chance comes from (default: another one each time; the report names it)"),
      Flag(
        "members", .value("N"), "membership: how many, 2 to 10000 (default 5); each holds all, so memory grows as N²"),
      Flag("nodes", .value("N"), "batch: how many, 1 to 100 (default 5); 1 to 1000 for \(DispatchScaling.scenario)"),
      Flag(
        "beside", .value("MICROSECONDS"),
        "\(DispatchScaling.scenario): what a coordinator does for each task besides (default 0)"),
      Flag("scenario", .value("NAME"), "what happens to them (default chaos, drawn from the seed)"),
      Flag("lifeguard", .value("PART"), "membership: off, paper, stalls or on: what keeps slow members harmless"),
      Flag("trace", .value("FILE"), "write all that happened there, a line each"),
      Flag("json", .toggle, "the figures and failures as one line of JSON"),
    ]
  ) { flags in
    try flags.expectOperands(atMost: 1)
    guard let machine = flags.operands.first else {
      throw UsageError("which machine? membership or batch: ignareo simulate batch")
    }
    switch machine {
    case "membership": return try SimulateCommand.showMembership(flags)
    case "batch" where flags.text("scenario") == DispatchScaling.scenario:
      return try SimulateCommand.showScaling(flags)
    case "batch": return try SimulateCommand.show(SimulateCommand.batch(flags), flags) ? .well : .failed
    default: throw UsageError(origin: "'\(Table.printable(machine))'", why: "no machine; membership and batch are")
    }
  }
}

enum SimulateCommand {
  static func showMembership(_ flags: ScannedFlags) throws -> ExitCode {
    let (report, expected) = try run(flags)
    let passed = try show(report, flags)
    if let other = expected?.isOther { Terminal.say("ignareo simulate: the record is not compared: \(other)") }
    guard let difference = expected?.difference(from: report.record) else { return passed ? .well : .failed }
    Terminal.say("ignareo simulate: FAILED record: \(difference)")
    return .failed
  }

  /// - Returns: whether all checkers passed.
  static func show(_ report: some PrintableReport, _ flags: ScannedFlags) throws -> Bool {
    if let path = flags.text("trace") { try write(report, to: path) }
    Terminal.write(flags.has("json") ? report.jsonLine : Array(report.text.utf8))
    return report.passed
  }

  static func run(_ flags: ScannedFlags) throws -> (report: Report, expected: ExpectedRecord?) {
    try refuse(["nodes", "beside"], of: "batch", flags)
    var chance = SystemRandomNumberGenerator()
    let given = try seed(flags)
    let wanted = try flags.integer("members", in: MembershipSimulation.sizes)
    let name = flags.text("scenario") ?? "chaos"
    let file = name.hasSuffix(".txt") ? try read(name, flags) : nil
    let seed = given ?? file?.scenario.seed ?? UInt64.random(in: 0..<1_000_000, using: &chance)
    let members = wanted ?? file?.scenario.members ?? 5
    guard var scenario = file?.scenario ?? Scenario.named(name, seed: seed, members: members) else {
      throw flags.error("scenario", "'\(Table.printable(name))' is none of \(Scenario.names.joined(separator: ", "))")
    }
    let profile = scenario.profile
    if let part = flags.text("lifeguard") {
      guard scenario.use(lifeguard: part) else {
        throw flags.error("lifeguard", "'\(Table.printable(part))' is none of off, paper, stalls, on")
      }
    }
    if flags.has("trace"), !scenario.isChecked {
      throw flags.error("trace", "the scenario is `unchecked`, and keeps none")
    }
    let report = MembershipSimulation.run(seed: seed, members: members, scenario: scenario)
    guard let file, let record = file.record else { return (report, nil) }
    let isOwn = seed == file.scenario.seed && members == file.scenario.members && profile == scenario.profile
    let owned =
      "it is of seed \(file.scenario.seed.map(String.init) ?? "(none)"), "
      + "\(file.scenario.members.map(String.init) ?? "(none)") members and the file's own lifeguard"
    return (report, ExpectedRecord(lines: record, path: name, isOther: isOwn ? nil : owned))
  }

  static func batch(_ flags: ScannedFlags) throws -> BatchReport {
    try refuse(["members", "lifeguard"], of: "membership", flags)
    if flags.has("beside") { throw flags.error("beside", "it is for the scenario \(DispatchScaling.scenario) alone") }
    var chance = SystemRandomNumberGenerator()
    let seed = try seed(flags) ?? UInt64.random(in: 0..<1_000_000, using: &chance)
    let nodes = try flags.integer("nodes", in: BatchSimulation.sizes) ?? 5
    let name = flags.text("scenario") ?? "chaos"
    let written = name.hasSuffix(".txt") ? try readBatches(name, flags) : nil
    guard let scenario = written ?? BatchScenario.named(name, seed: seed) else {
      let names = BatchScenario.names.joined(separator: ", ")
      throw flags.error("scenario", "'\(Table.printable(name))' is none of \(names)")
    }
    return BatchSimulation.run(seed: seed, nodes: nodes, scenario: scenario)
  }

  static func refuse(_ names: [String], of machine: String, _ flags: ScannedFlags) throws(UsageError) {
    for name in names where flags.has(name) { throw flags.error(name, "it is for `simulate \(machine)` alone") }
  }

  static func write(_ report: some SimulationReport, to path: String) throws {
    let file = try OutputFile(path, flag: "trace")
    for line in report.trace { file.add(Array(line.utf8)[...]) }
    file.flush()
    if let failure = file.failure { throw failure }
  }

  static func seed(_ flags: ScannedFlags) throws(UsageError) -> UInt64? {
    guard let text = flags.text("seed") else { return nil }
    guard let seed = UInt64(text) else {
      throw flags.error("seed", "'\(Table.printable(text))' is not a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }
}
