package import Clockwork
package import JSON

/// Who a batch is, as its log keeps it.
package struct BatchManifest: Sendable, Equatable {
  /// Tells two submissions under one idempotency key apart.
  package struct Digest: Sendable, Equatable {
    package var first: UInt64
    package var second: UInt64
    package var count: Int

    package init(first: UInt64, second: UInt64, count: Int) {
      (self.first, self.second, self.count) = (first, second, count)
    }
  }

  package var id: UUIDv7
  package var name: String?
  package var createdAt: Timestamp
  /// Whether any of its tasks has a name of its own.
  package var hasIDs: Bool
  package var idempotencyKey: String?
  package var digest: Digest?
  /// Called when the batch has ended.
  package var callbackURL: String?

  package init(
    id: UUIDv7, name: String? = nil, createdAt: Timestamp, hasIDs: Bool = false, idempotencyKey: String? = nil,
    digest: Digest? = nil, callbackURL: String? = nil
  ) {
    (self.id, self.name, self.createdAt, self.hasIDs) = (id, name, createdAt, hasIDs)
    (self.idempotencyKey, self.digest, self.callbackURL) = (idempotencyKey, digest, callbackURL)
  }

  /// Nil for what no coordinator wrote.
  package init?(_ json: JSONValue) {
    guard let id = json["id"]?.string.flatMap({ UUIDv7($0) }), let created = json["created_ms"]?.int else { return nil }
    self.id = id
    createdAt = Timestamp(milliseconds: Int64(created))
    name = json["name"]?.string
    hasIDs = json["has_ids"]?.bool ?? false
    idempotencyKey = json["idempotency_key"]?.string
    callbackURL = json["callback_url"]?.string
    if let words = json["digest"]?.elements, words.count == 3, let first = words[0].string.flatMap({ UInt64($0) }),
      let second = words[1].string.flatMap({ UInt64($0) }), let count = words[2].int
    {
      digest = Digest(first: first, second: second, count: count)
    }
  }

  package func write(into writer: inout JSONWriter) {
    writer.member("id", id.text)
    writer.member("name", ifPresent: name)
    writer.member("created_ms", createdAt.milliseconds)
    writer.member("has_ids", hasIDs)
    writer.member("idempotency_key", ifPresent: idempotencyKey)
    writer.member("callback_url", ifPresent: callbackURL)
    if let digest {
      // As text: JSON's readers may have no whole numbers of 64 bits.
      writer.array("digest") {
        $0.string(String(digest.first))
        $0.string(String(digest.second))
        $0.int(digest.count)
      }
    }
  }

  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object { write(into: &$0) }
    return writer.bytes
  }
}
