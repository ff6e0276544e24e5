import Gossip
import HTTP
import JSON
import Net

extension Command {
  static let keys = Command(
    "keys", "list | install KEY | use KEY | remove KEY", "the running cluster's gossip keys",
    details: """
      list: which keys each member holds, by their fingerprints.
      install: every member can decrypt with KEY from now on. use: every member encrypts with it. remove: no member
      holds it any more. To change the cluster's key: install the new one, use it, remove the old one.
      Each change is written to every member's key file first, so that a restart keeps it. One that failed somewhere is
      simply made again. To use or remove a key is refused where it would lose a member: also one that is listed dead,
      which may only be cut off, and cannot come back without the cluster's keys. Let it come back first, or put the
      keys into its file, and then say --force.

      KEY is a file, or - for standard input; to use or remove, a fingerprint will do. (The key itself is taken too,
      and wiped from this process's command line at once, but your shell's history keeps it.)
      A change needs --gossip-key-file with a key that the cluster has now: it proves that you may make it.
      --coordinator takes the HTTP address of any member.
      """,
    flags: ClusterClient.flags + [
      Flag("gossip-key-file", .value("FILE"), "a key of the cluster, for every change"),
      Flag("force", .toggle, "make a change though members are dead or do not tell their keys: they may be lost"),
    ],
    run: runKeys)
}

private func runKeys(_ flags: ScannedFlags) throws -> ExitCode {
  let plan = try KeysPlan(flags)
  return try ClusterClient.run(flags) { client in
    let before = try await client.ask("/keys")
    guard case .change(let change, let held, let file) = plan.work else {
      Terminal.write(plan.wantsJSON ? before.line : KeysCommand.table(before))
      return KeysCommand.exitCode(before)
    }
    let body = try KeysCommand.body(change, isForced: plan.isForced, held, file, before)
    var request = HTTPClientRequest(client.base + "/keys", method: "POST")
    request.headers = ["Content-Type": "application/json"]
    request.body = .bytes(body)
    request.timeout = ClusterClient.answerTimeout
    let after = try await client.ask(request)
    Terminal.write(plan.wantsJSON ? after.line : KeysCommand.table(after))
    if let remark = KeysCommand.remark(change, before, after) { Terminal.say("ignareo keys: \(remark)") }
    return KeysCommand.exitCode(after)
  }
}

enum KeysCommand {
  /// The order for a member that answered `GET /keys` so, encrypted with a key that it holds.
  static func body(
    _ change: KeyChange, isForced: Bool, _ held: Keyring, _ file: String, _ answer: JSONValue
  ) throws(Failure) -> [UInt8] {
    let known = Set((answer["keys"]?.elements ?? []).compactMap { $0["fingerprint"]?.string })
    guard let key = held.keys.first(where: { known.contains($0.fingerprint.text) }) else {
      throw Failure(
        "no key in \(file) is one that the cluster has (`ignareo keys list` shows those): is it the right file?")
    }
    guard let order = answer["challenge"]?.string.flatMap({ SealedKeyOrder(change, isForced: isForced, challenge: $0) })
    else { throw Failure("the member answers, but takes no orders: does it run a gossip key?") }
    return order.sealed(with: key)
  }

  /// - Parameter answer: `{"ok":…,"keys":[…],"members":[…]}`.
  static func table(_ answer: JSONValue) -> String {
    var keys = Table([.left("KEY"), .right("MEMBERS"), .right("PRIMARY ON")])
    answer["keys"]?.forEachElement { key in
      func count(_ name: String) -> String { key[name]?.int.map(Quantity.count) ?? "-" }
      keys.add([key["fingerprint"]?.string ?? "-", count("members"), count("primary_on")])
    }
    var members = Table([.left("MEMBER"), .left("STATE"), .left("OUTCOME"), .left("PRIMARY"), .left("ALSO HOLDS")])
    answer["members"]?.forEachElement { member in
      func text(_ key: String) -> String { member[key]?.string ?? "-" }
      let others = (member["keys"]?.elements ?? []).dropFirst().compactMap(\.string).joined(separator: " ")
      let outcome = text("outcome") == "not_asked" ? "not asked" : text("outcome")
      let detail = member["detail"]?.string.map { ": \($0)" } ?? ""
      members.add([text("name"), text("state"), outcome + detail, text("primary"), others.isEmpty ? "-" : others])
    }
    return keys.text() + "\n" + members.text()
  }

  /// What the person should know besides the table: who is left behind, or that there was nothing to do.
  static func remark(_ change: KeyChange, _ before: JSONValue, _ after: JSONValue) -> String? {
    let failed = (after["members"]?.elements ?? []).filter { $0["outcome"]?.string == "failed" }
      .compactMap { $0["name"]?.string }
    if !failed.isEmpty {
      let names =
        failed.prefix(10).joined(separator: ", ") + (failed.count > 10 ? " and \(failed.count - 10) more" : "")
      return Table.printable("\(names) did not follow; when that is mended, repeat the command: it does no harm twice")
    }
    guard case .remove(let fingerprint) = change else { return nil }
    let isHeld = (before["keys"]?.elements ?? []).contains { $0["fingerprint"]?.string == fingerprint.text }
    return isHeld ? nil : "no member held the key \(fingerprint): there was nothing to remove"
  }

  static func exitCode(_ answer: JSONValue) -> ExitCode { answer["ok"]?.bool == true ? .well : .failed }
}
