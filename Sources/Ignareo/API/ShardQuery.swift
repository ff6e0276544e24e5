internal import Clockwork
internal import HTTP
internal import Net

/// What the target of a request to `/shards` says of a new shard.
struct ShardQuery {
  let id: UUIDv7
  let batch: String?
  let sender: Sender

  init(_ request: HTTPRequestHead) throws(Problem) {
    id = try Self.identifier(request.query["id"] ?? "", of: "id")
    batch = request.query["batch"]
    sender = try Sender(request)
  }

  /// Which process of which coordinator asks.
  struct Sender {
    let coordinator: String
    let epoch: Int

    init(_ request: HTTPRequestHead) throws(Problem) {
      coordinator = request.query["coordinator"] ?? ""
      epoch = try ShardQuery.number("epoch", request)
    }
  }

  /// What of a shard is to be cancelled.
  struct Choice {
    /// nil: all of it.
    let indexes: [Int]?
    /// Whether the results of one that has ended are still wanted.
    let keeps: Bool

    init(_ request: HTTPRequestHead) throws(Problem) {
      var indexes: [Int]?
      for text in request.query.values("index") {
        guard let index = Int(text), index >= 0 else {
          throw TaskQuery.bad("index", text, "a whole number from 0")
        }
        indexes = (indexes ?? []) + [index]
      }
      self.indexes = indexes
      let text = request.query["keep"] ?? "false"
      guard text == "true" || text == "false" else { throw TaskQuery.bad("keep", text, "true or false") }
      keeps = text == "true"
    }
  }

  /// `?done=ID`, any number of times or with commas: shards whose results are durable with their coordinator.
  static func done(_ request: HTTPRequestHead) throws(Problem) -> [UUIDv7] {
    var ids: [UUIDv7] = []
    for list in request.query.values("done") {
      for text in list.split(separator: ",") { ids.append(try identifier(String(text), of: "done")) }
    }
    return ids
  }

  /// `?after=N`: results that the one who asks has already.
  static func after(_ request: HTTPRequestHead) throws(Problem) -> Int { try number("after", request) }

  private static func identifier(_ text: String, of name: String) throws(Problem) -> UUIDv7 {
    guard let id = UUIDv7(text) else { throw TaskQuery.bad(name, text, "a UUIDv7") }
    return id
  }

  private static func number(_ name: String, _ request: HTTPRequestHead) throws(Problem) -> Int {
    let text = request.query[name] ?? "0"
    guard let number = Int(text), number >= 0 else { throw TaskQuery.bad(name, text, "a whole number from 0") }
    return number
  }
}
