import Gossip
import Simulation

extension Command {
  static let simulate = Command(
    "simulate", "membership", "the membership machine in a virtual world, checked at every step",
    details: """
      The same seed, members and scenario give the same run, to the packet.
      Scenarios: \(Scenario.names.joined(separator: ", ")); or a file, whose name ends in .txt
      Exit status: 0 when all checkers pass; 1 when one fails, with the events around the first failure and the command
      that repeats it, and 1 when a file's run is not as the record in the file says.

      \(Scenario.language)
      """,
    flags: [
      Flag("seed", .value("S"), "where chance comes from (default: another one each time; the report names it)"),
      Flag("members", .value("N"), "how many members, 2 to 10000 (default 5); each holds all, so memory grows as N²"),
      Flag("scenario", .value("NAME"), "what happens to them (default chaos, drawn from the seed)"),
      Flag("lifeguard", .value("PART"), "off, paper, stalls or on: what keeps slow members harmless (default on)"),
      Flag("trace", .value("FILE"), "write all that happened there, a line each"),
      Flag("json", .toggle, "the figures and failures as one line of JSON"),
    ]
  ) { flags in
    try flags.expectOperands(atMost: 1)
    guard let machine = flags.operands.first else {
      throw UsageError("which machine? membership: ignareo simulate membership")
    }
    guard machine == "membership" else {
      throw UsageError(origin: "'\(Table.printable(machine))'", why: "no machine; membership is one")
    }
    let (report, expected) = try SimulateCommand.run(flags)
    if let path = flags.text("trace") { try SimulateCommand.write(report, to: path) }
    Terminal.write(flags.has("json") ? report.jsonLine : Array(report.text.utf8))
    if let other = expected?.isOther { Terminal.say("ignareo simulate: the record is not compared: \(other)") }
    guard let difference = expected?.difference(from: report.record) else { return report.passed ? .well : .failed }
    Terminal.say("ignareo simulate: FAILED record: \(difference)")
    return .failed
  }
}

enum SimulateCommand {
  static func run(_ flags: ScannedFlags) throws -> (report: Report, expected: ExpectedRecord?) {
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

  static func write(_ report: Report, to path: String) throws {
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
