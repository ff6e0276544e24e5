import Batch
import Clockwork
import HTTP
import Net

/// What a coordinator asks of a node's `/shards`.
struct ShardRequest {
  /// Who sends shards: a node refuses those of an older epoch of the same name.
  struct Sender {
    let name: String
    private(set) var epoch: Int64

    init(name: String, epoch: Int64) { (self.name, self.epoch) = (name, epoch) }

    /// A node knows a later epoch than ours: the clock was ahead when an earlier process of this name began.
    mutating func exceed(_ other: Int64, _ now: Timestamp) {
      epoch = max(epoch, now.milliseconds, min(other, 1 << 60) + 1)
    }
  }

  let authority: Authority

  /// Hands a shard over.
  ///
  /// - Parameter done: shards whose results the node need not keep any more.
  func post(
    _ body: [UInt8], id: UUIDv7, batch: UUIDv7, done: [UUIDv7], from sender: Sender
  ) -> HTTPClientRequest {
    var items = [Query.Item(name: "id", value: id.text), Query.Item(name: "batch", value: batch.text)]
    items += Self.items(of: sender)
    if !done.isEmpty { items.append(Query.Item(name: "done", value: done.map(\.text).joined(separator: ","))) }
    var request = request("/shards", items, method: "POST")
    request.headers.add("Content-Type", "application/x-ndjson")
    request.body = .bytes(body)
    return Self.stream(request)
  }

  /// Takes a shard up again, behind so many results.
  func attach(_ id: UUIDv7, after count: Int, from sender: Sender) -> HTTPClientRequest {
    let after = Query.Item(name: "after", value: String(count))
    return Self.stream(request("/shards/\(id.text)", [after] + Self.items(of: sender)))
  }

  /// Asks which shards of a coordinator the node holds.
  func list(of coordinator: String) -> HTTPClientRequest {
    var request = request("/shards", [Query.Item(name: "coordinator", value: coordinator)])
    request.timeout = CoordinatorLimits.nodeAnswer
    request.maxBodyBytes = CoordinatorLimits.heldListBytes
    return request
  }

  /// Cancels a shard whose results are still wanted, or some of its tasks.
  func cancel(_ id: UUIDv7, _ indices: some Sequence<Int> = []) -> HTTPClientRequest {
    let items = indices.map { Query.Item(name: "index", value: String($0)) }
    return delete(id, [Query.Item(name: "keep", value: "true")] + items)
  }

  /// Forgets a shard of which nothing is wanted any more.
  func forget(_ id: UUIDv7) -> HTTPClientRequest { delete(id, []) }

  private func delete(_ id: UUIDv7, _ items: [Query.Item]) -> HTTPClientRequest {
    var request = request("/shards/\(id.text)", items, method: "DELETE")
    request.timeout = CoordinatorLimits.nodeAnswer
    return request
  }

  private func request(_ path: String, _ items: [Query.Item], method: String = "GET") -> HTTPClientRequest {
    let query = items.isEmpty ? "" : "?\(Query(items: items).encoded)"
    var request = HTTPClientRequest("http://\(authority)\(path)\(query)", method: method)
    request.followsRedirects = false
    return request
  }

  private static func items(of sender: Sender) -> [Query.Item] {
    [
      Query.Item(name: "coordinator", value: sender.name), Query.Item(name: "epoch", value: String(sender.epoch)),
    ]
  }

  /// Its answer lasts as long as its tasks do.
  private static func stream(_ request: consuming HTTPClientRequest) -> HTTPClientRequest {
    request.timeout = nil
    request.idleTimeout = CoordinatorLimits.exchangeSilence
    return request
  }

  /// The body of `post`: a line for each task, with its index and attempt before the submitter's own members.
  ///
  /// - Returns: the bytes, and how many of the entries they hold; the others go elsewhere.
  static func body(_ entries: [Shard.Entry], _ tasks: [Int: JournalTask]) -> (bytes: [UInt8], count: Int) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(tasks.values.reduce(0) { $0 + $1.bytes.count + 32 }, CoordinatorLimits.shardBodyBytes))
    for (place, entry) in entries.enumerated() {
      guard let task = tasks[Int(entry.index)] else { return (bytes, place) }
      if place > 0, bytes.count + task.bytes.count > CoordinatorLimits.shardBodyBytes { return (bytes, place) }
      bytes += "{\"index\":".utf8
      bytes += String(entry.index).utf8
      bytes += ",\"attempt\":".utf8
      bytes += String(entry.attempt).utf8
      bytes.append(UInt8(ascii: ","))
      bytes += task.bytes.dropFirst()
      bytes.append(0x0a)
    }
    return (bytes, entries.count)
  }
}
