import Gossip
import HTTP
import JSON
import Net

extension Command {
  static let pools = Command(
    "pools", "", "the pools: items that wait to be made into tasks", flags: ClusterClient.flags
  ) { flags in
    try flags.expectOperands(atMost: 0)
    let wantsJSON = flags.has("json")
    return try ClusterClient.run(flags) { client in
      let answer = try await client.ask("/pools?limit=1000")
      Terminal.write(wantsJSON ? answer.line : PoolCommand.table(answer))
      return .well
    }
  }

  static let pool = Command(
    "pool", "NAME [add FILE|- | close | drop]", "one pool: shows it, brings it items, closes or deletes it",
    details: """
      add: FILE holds an item a line, any JSON value; all of the file is taken or nothing, 64 MiB at most at a time.
      close: nothing more comes; batches that take from the pool end when it is empty. drop: deletes it, if no batch
      takes from it.
      A batch makes tasks of items with a template, such as
      {"template":{"task":"http","args":{"url":"{{page}}","headers":{"X-User":"{{account.user}}"}}},
       "take":["page","account"]}
      It takes one item of each pool for a task; an item is used once, unless the pool was begun with --reuse.
      """,
    flags: ClusterClient.flags + [
      Flag("reuse", .value("N"), "add: up to N tasks at a time share an item, and it is put back"),
      Flag("idempotency-key", .value("K"), "add: the same key and file add once, however often they are sent"),
    ]
  ) { flags in
    let plan = try PoolPlan(flags)
    return try ClusterClient.run(flags) { client in
      let answer = try await plan.run(client)
      guard let answer else { return .well }
      Terminal.write(plan.wantsJSON ? answer.line : PoolCommand.text(answer))
      return .well
    }
  }
}

/// What the person asked of `pool`.
struct PoolPlan: Sendable {
  enum Work: Sendable {
    case show, close, drop
    case add(InputFile, reuse: Int?, key: String?)
  }

  let name: String
  let work: Work
  let wantsJSON: Bool

  init(_ flags: ScannedFlags) throws(UsageError) {
    guard let name = flags.operands.first, !name.isEmpty else { throw UsageError(origin: "NAME", why: "is missing") }
    guard name.utf8.allSatisfy({ ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x5f || $0 == 0x2d }) else {
      throw UsageError(
        origin: "NAME", why: "'\(Table.printable(name))' is no pool's name: letters, digits, _ and - are")
    }
    (self.name, wantsJSON) = (name, flags.has("json"))
    let word = flags.operands.dropFirst().first
    switch word {
    case nil: work = .show
    case "close"?: work = .close
    case "drop"?: work = .drop
    case "add"?:
      let operands = try flags.operands("NAME", "add", "FILE")
      try flags.checkIdempotencyKey()
      work = .add(try InputFile(operands[2]), reuse: try Self.reuse(flags), key: flags.text("idempotency-key"))
    case let other?:
      throw UsageError(origin: "'\(Table.printable(other))'", why: "must be add, close or drop")
    }
    if word != "add" {
      try flags.expectOperands(atMost: 2)
      for flag in ["reuse", "idempotency-key"] where flags.has(flag) { throw flags.error(flag, "goes with add") }
    }
  }

  private static func reuse(_ flags: ScannedFlags) throws(UsageError) -> Int? {
    guard let text = flags.text("reuse") else { return nil }
    guard let number = Int(text), number > 0 else { throw flags.error("reuse", "must be a whole number from 1") }
    return number
  }

  /// - Returns: the pool; nil for one that is gone.
  func run(_ client: ClusterClient) async throws(Failure) -> JSONValue? {
    switch work {
    case .show: return try await client.ask("/pools/\(name)")
    case .close: return try await client.ask("/pools/\(name)/close", method: "POST")
    case .drop:
      try await client.order("/pools/\(name)", method: "DELETE")
      return nil
    case .add(let input, let reuse, let key):
      return try await Upload(client, input, idempotencyKey: key, to: .items(pool: name, reuse: reuse)).send()
    }
  }
}

enum PoolCommand {
  /// - Parameter answer: `{"pools":[…]}`.
  static func table(_ answer: JSONValue) -> String {
    var table = Table([
      .left("NAME"), .left("STATE"), .right("ITEMS"), .right("FREE"), .right("LEASED"), .right("USED"),
      .right("FAILED"), .right("REUSE"), .right("BATCHES"),
    ])
    answer["pools"]?.forEachElement { pool in
      func count(_ key: String) -> String { Quantity.count(pool[key]?.int ?? 0) }
      table.add([
        pool["name"]?.string ?? "?", pool["state"]?.string ?? "?", count("items"), count("free"), count("leased"),
        count("used"), count("failed"), pool["reuse"]?.int.map(Quantity.count) ?? "-",
        Quantity.count(pool["batches"]?.elements?.count ?? 0),
      ])
    }
    let more = answer["next"] == nil ? "" : "and more: see GET /pools?after=\(answer["next"]?.string ?? "")\n"
    return table.rows.isEmpty ? "no pools\n" : table.text() + more
  }

  static func text(_ pool: JSONValue) -> String {
    var table = Table([.left(""), .left("")])
    func add(_ label: String, _ value: String?) {
      if let value { table.add([label, value]) }
    }
    add("pool", pool["name"]?.string)
    add("state", pool["state"]?.string)
    add("created", pool["created_at"]?.string)
    add("tasks at a time", pool["reuse"]?.int.map(Quantity.count))
    for key in ["items", "free", "leased", "used", "returned", "failed"] {
      guard let count = pool[key]?.int, count > 0 || key == "items" || key == "free" else { continue }
      add(key, Quantity.count(count))
    }
    add("damage", pool["damage"]?.string)
    for batch in pool["batches"]?.elements ?? [] { add("taken by", batch.string) }
    return table.text()
  }
}
