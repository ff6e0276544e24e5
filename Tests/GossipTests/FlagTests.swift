import Gossip
import HTTP
import Testing

@Suite("Flags") struct FlagTests {
  private func scan(_ arguments: [String], environment: [String: String] = [:]) throws(UsageError) -> ScannedFlags {
    let flags =
      ClusterFlags.declarations(for: .node) + [
        Flag("tag", .repeated("K=V"), "a tag"), Flag("capacity", .value("N"), "a number"),
        Flag("json", .toggle, "for machines"),
      ]
    return try FlagScanner(flags).scan(arguments) { environment[$0] }
  }

  private func options(_ arguments: [String], environment: [String: String] = [:]) throws -> ClusterOptions {
    try ClusterFlags.options(from: scan(arguments, environment: environment), role: .node)
  }

  private func complaint(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch { return "\(error)" }
  }

  @Test("a node and a coordinator have the contract's defaults")
  func defaults() throws {
    let node = try options([])
    #expect(node.http == Authority(host: "127.0.0.1", port: 55568))
    #expect(node.gossip == Authority(host: "127.0.0.1", port: 7947))
    #expect(node.profile == .lan && node.drainTimeout == .seconds(30) && node.join.isEmpty && node.name == nil)
    #expect(node.logLevel == .info && node.logFormat == .text)
    let coordinator = ClusterOptions(role: .coordinator)
    #expect(coordinator.http.port == 55555 && coordinator.gossip.port == 7946)
  }

  @Test("both spellings of a flag, lists and repeats are read")
  func spellings() throws {
    let read = try options([
      "--name=n1", "--http", "[::1]:0", "--join", "a:1,b:2", "--join=[::1]:3", "--profile", "local",
      "--drain-timeout", "0.5", "--log-level=debug", "--log-format=json", "--advertise", "10.0.0.7",
    ])
    #expect(read.name == "n1" && read.http == Authority(host: "::1", port: 0))
    #expect(read.join.map(\.description) == ["a:1", "b:2", "[::1]:3"])
    #expect(read.profile == .local && read.drainTimeout == .milliseconds(500))
    #expect(read.logLevel == .debug && read.logFormat == .json && read.advertise == "10.0.0.7")
  }

  @Test("the environment gives what the command line leaves out, and no more")
  func environment() throws {
    let variables = ["IGNAREO_JOIN": "a:1,b:2", "IGNAREO_DRAIN_TIMEOUT": "7", "IGNAREO_NAME": "from-environment"]
    let read = try options(["--name", "mine"], environment: variables)
    #expect(read.join.count == 2 && read.drainTimeout == .seconds(7) && read.name == "mine")
    #expect(
      complaint { _ = try options([], environment: ["IGNAREO_PROFILE": "moon"]) }
        == "IGNAREO_PROFILE: 'moon' is none of lan, wan, local")
  }

  @Test(
    "a usage error is one line that says which flag and why",
    arguments: [
      (["--nam", "x"], "flag --nam: unknown; did you mean --name?"),
      (["--drain", "3"], "flag --drain: unknown; did you mean --drain-timeout?"),
      (["-name", "x"], "flag -name: unknown; did you mean --name?"),
      (["--qqqqqqqqq"], "flag --qqqqqqqqq: unknown; --help lists them"),
      (["--name"], "flag --name: needs a value: --name NAME"),
      (["--name", "--json"], "flag --name: needs a value: --name NAME"),
      (["--name="], "flag --name: a name has 1 to 128 bytes"),
      (["--name", "a/b"], "flag --name: a name holds no space, control character or '/'"),
      (["--json=1"], "flag --json: takes no value"),
      (["--http", "55568"], "flag --http: '55568' is not HOST:PORT, such as 127.0.0.1:7946, [::1]:7946 or 0.0.0.0:0"),
      (
        ["--gossip", "h:65536"],
        "flag --gossip: 'h:65536' is not HOST:PORT, such as 127.0.0.1:7946, [::1]:7946 or 0.0.0.0:0"
      ),
      (
        ["--join", "a:1,b"],
        "flag --join: 'b' is not HOST:PORT with a port from 1 to 65535, such as node-1.example:7946"
      ),
      (
        ["--join", "a:0"],
        "flag --join: 'a:0' is not HOST:PORT with a port from 1 to 65535, such as node-1.example:7946"
      ),
      (["--profile", "moon"], "flag --profile: 'moon' is none of lan, wan, local"),
      (["--drain-timeout", "-1"], "flag --drain-timeout: '-1' is not a number of seconds, such as 30 or 0.5"),
      (["--drain-timeout", "nan"], "flag --drain-timeout: 'nan' is not a number of seconds, such as 30 or 0.5"),
      (
        ["--advertise", "host:80"],
        "flag --advertise: 'host:80' is not a host name or an address (without a port)"
      ),
      (
        ["--advertise", "0.0.0.0"],
        "flag --advertise: nobody can dial 0.0.0.0; give this machine's own address or name"
      ),
    ])
  func complaints(_ arguments: [String], _ expected: String) {
    #expect(complaint { _ = try options(arguments) } == expected)
    #expect(!expected.contains("\n"))
  }

  @Test("numbers, pairs and operands are read or named in the complaint")
  func values() throws {
    let flags = try scan(["batch.json", "--tag", "zone=a", "--capacity=5", "-", "--tag=zone=b=c", "--", "--name"])
    #expect(flags.operands == ["batch.json", "-", "--name"])
    #expect(try flags.integer("capacity", in: 1...10) == 5)
    #expect(complaint { _ = try flags.integer("capacity", in: 6...10) }.contains("from 6 to 10"))
    let pairs = try flags.pairs("tag")
    #expect(pairs.count == 1 && pairs[0] == (key: "zone", value: "b=c"))
    #expect(complaint { _ = try scan(["--tag", "zone"]).pairs("tag") }.hasPrefix("flag --tag: 'zone' is not"))
  }

  @Test("the help table has a line for each flag")
  func table() {
    let flags = ClusterFlags.declarations(for: .coordinator)
    let lines = Flag.table(flags).split(separator: "\n")
    #expect(lines.count == flags.count)
    #expect(lines.contains { $0.contains("--gossip HOST:PORT") && $0.contains("127.0.0.1:7946") })
  }
}
