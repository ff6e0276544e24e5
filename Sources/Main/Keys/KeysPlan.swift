import Gossip

/// What `keys` is asked to do, read before anybody is called.
struct KeysPlan {
  enum Work {
    case list
    /// - held: keys that prove that the change may be made, and the file that they are from.
    case change(KeyChange, held: Keyring, file: String)
  }

  let work: Work
  let isForced: Bool
  let wantsJSON: Bool

  init(_ flags: ScannedFlags) throws(UsageError) {
    isForced = flags.has("force")
    wantsJSON = flags.has("json")
    let verb = flags.operands.first ?? ""
    switch verb {
    case "list":
      try flags.expectOperands(atMost: 1)
      work = .list
    case "install", "use", "remove":
      try flags.expectOperands(atMost: 2)
      guard flags.operands.count == 2 else {
        throw UsageError(origin: "KEY", why: "is missing: a file with the key, or - for standard input")
      }
      let change = try KeyOperand.change(verb, flags.operands[1])
      guard let file = flags.text("gossip-key-file") else {
        throw flags.error("gossip-key-file", "is needed: a key that the cluster has now proves that you may change it")
      }
      work = .change(change, held: try Keyring.reading(file: file), file: file)
    case "": throw UsageError("list, install KEY, use KEY or remove KEY?")
    default:
      throw UsageError(origin: "'\(Table.printable(verb))'", why: "none of list, install, use and remove")
    }
  }
}
