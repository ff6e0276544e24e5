import Gossip

/// What the person asked of `submit`.
struct SubmitPlan {
  let file: String
  let name: String?
  let idempotencyKey: String?
  let detach: Bool
  let isOpen: Bool
  let output: String?
  let summaryBy: String?
  let wantsJSON: Bool

  static let flags = [
    Flag("name", .value("S"), "the batch's name, for people"),
    Flag("idempotency-key", .value("K"), "the same key and file give the same batch, however often they are sent"),
    Flag("open", .toggle, "more tasks may come with `ignareo add`, until `ignareo close`; FILE may be empty"),
    Flag("detach", .toggle, "print the batch's id and leave"),
    Flag("output", .value("FILE"), "write the results there as they come, NDJSON; - is standard output"),
    Flag("summary-by", .value("FIELD"), "count the results by a field, such as value.status"),
  ]

  init(_ flags: ScannedFlags) throws(UsageError) {
    file = try flags.operand("FILE")
    name = flags.text("name")
    idempotencyKey = flags.text("idempotency-key")
    detach = flags.has("detach")
    isOpen = flags.has("open")
    output = flags.text("output")
    summaryBy = flags.text("summary-by")
    wantsJSON = flags.has("json")
    for flag in ["output", "summary-by"] where detach && flags.has(flag) {
      throw flags.error(flag, "goes with following the batch, and --detach leaves it")
    }
    if wantsJSON, output == "-" {
      throw flags.error("output", "standard output cannot take the results and the summary of --json: name a file")
    }
    try flags.checkIdempotencyKey()
  }
}

extension ScannedFlags {
  func checkIdempotencyKey() throws(UsageError) {
    if let key = text("idempotency-key"), !key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) {
      throw error("idempotency-key", "holds visible ASCII characters only")
    }
  }
}
