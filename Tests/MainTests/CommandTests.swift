import Gossip
import Testing

@testable import Main

@Suite struct CommandTests {
  @Test("every command of the contract is there, once, with a page that names its flags")
  func pages() throws {
    let names = Command.all.map(\.name)
    #expect(Set(names).count == names.count)
    for name in [
      "node", "coordinator", "up", "submit", "batches", "batch", "results", "cancel", "nodes", "drain", "tasks",
      "add", "close", "pools", "pool",
      "version",
      "help",
    ] {
      let command = try Command.named(name)
      for flag in command.flags { #expect(command.page.contains("--\(flag.name)")) }
      #expect(HelpCommand.overview.contains("\n  \(name)"))
    }
  }

  @Test(
    "an unknown command names the nearest one",
    arguments: [("submt", "submit"), ("node-s", "nodes"), ("cancle", "cancel"), ("result", "results")])
  func nearest(_ name: String, _ nearest: String) {
    let error = #expect(throws: UsageError.self) { try Command.named(name) }
    #expect(error?.text == "no command '\(name)'; did you mean '\(nearest)'?")
  }

  @Test("a command that is like no other names the help page")
  func unlike() {
    let error = #expect(throws: UsageError.self) { try Command.named("frobnicate-everything") }
    #expect(error?.text.contains("`ignareo help`") == true)
  }

  private func scan(_ command: Command, _ arguments: [String]) throws(UsageError) -> ScannedFlags {
    try FlagScanner(command.flags).scan(arguments, environment: { _ in nil })
  }

  @Test(
    "a usage error is one line that names the flag or operand",
    arguments: [
      (["--detach", "--output", "x", "f"], "flag --output: "), (["--output", "-", "--json", "f"], "flag --output: "),
      ([], "FILE: "), (["a", "b"], "'b': "), (["--idempotency-key", "a b", "f"], "flag --idempotency-key: "),
    ])
  func submitUsage(_ arguments: [String], _ start: String) {
    let error = #expect(throws: UsageError.self) { try SubmitPlan(try scan(.submit, arguments)) }
    #expect(error?.text.hasPrefix(start) == true)
    #expect(error?.text.contains("\n") == false)
  }

  @Test(
    "a batch's id cannot change the path it goes into", arguments: ["a/b", "../x", "a?b", "a b", "%2e", "ä"])
  func batchIDs(_ id: String) {
    #expect(throws: UsageError.self) { try BatchID(try scan(.batch, [id])) }
  }

  @Test(
    "the coordinator's URL is taken in every usual spelling",
    arguments: [
      ("http://h:1", "http://h:1"), ("http://h:1/", "http://h:1"), ("h:1", "http://h:1"), ("https://h", "https://h"),
      ("http://[::1]:5", "http://[::1]:5"),
    ])
  func coordinatorURL(_ text: String, _ base: String) throws {
    #expect(try ClusterClient.base(try scan(.nodes, ["--coordinator", text])) == base)
  }

  @Test("what is no URL is a usage error", arguments: ["http://", "ftp://x", "http://a b", "h:99999", "http://h/x?y"])
  func noURL(_ text: String) {
    let error = #expect(throws: UsageError.self) { try ClusterClient.base(try scan(.nodes, ["--coordinator", text])) }
    #expect(error?.text.hasPrefix("flag --coordinator: ") == true)
  }
}
