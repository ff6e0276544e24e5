import Clockwork
import JSON

/// A shard that a node holds, as `GET /shards` tells it.
struct HeldShard: Equatable {
  let id: UUIDv7
  /// Nil for one that no coordinator of ours has sent.
  let batch: UUIDv7?
  let epoch: Int64
  /// Indices of its tasks in their batch.
  let indexes: [Int]
  /// How many of them have ended.
  let ended: Int
  /// Whether somebody reads its results now.
  let isAttached: Bool

  /// Why there is no list: one line for people.
  struct ListError: Error {
    let message: String
  }

  /// - Throws: when it is no such list.
  static func list(_ body: [UInt8]) throws(ListError) -> [HeldShard] {
    guard let document = try? JSONValue.parse(body), let list = document["shards"]?.elements else {
      throw ListError(message: "its answer is no list of shards")
    }
    var shards: [HeldShard] = []
    for value in list {
      guard let shard = HeldShard(value) else { throw ListError(message: "a shard in its list cannot be read") }
      shards.append(shard)
    }
    return shards
  }

  private init?(_ value: JSONValue) {
    guard let id = value["id"]?.string.flatMap({ UUIDv7($0) }), let epoch = value["epoch"]?.int,
      let ended = value["ended"]?.int, let elements = value["indexes"]?.elements
    else { return nil }
    let indexes = elements.compactMap(\.int)
    guard indexes.count == elements.count, indexes.allSatisfy({ $0 >= 0 }), (0...indexes.count).contains(ended) else {
      return nil
    }
    (self.id, self.epoch, self.indexes, self.ended) = (id, Int64(epoch), indexes, ended)
    batch = value["batch"]?.string.flatMap { UUIDv7($0) }
    isAttached = value["attached"]?.bool ?? false
  }
}
