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
  /// Whether more tasks may come after the first ones, until the batch is closed.
  package var isOpen = false
  /// An open batch's task fields where a task says nothing: JSON.
  package var defaults: [UInt8]?
  /// The pools from which the coordinator makes an open batch's tasks, and the task that it makes; nil for others.
  package var joining: Joining?
  /// The call that brought the tasks before this record, where it had a key: a second one adds nothing.
  package var addition: Addition?

  package struct Joining: Sendable, Equatable {
    package struct Source: Sendable, Equatable {
      package var name: String
      package var pool: UUIDv7

      package init(name: String, pool: UUIDv7) { (self.name, self.pool) = (name, pool) }
    }

    package var template: [UInt8]
    package var sources: [Source]

    package init(template: [UInt8], sources: [Source]) { (self.template, self.sources) = (template, sources) }
  }

  package struct Addition: Sendable, Equatable {
    package var key: String
    package var digest: Digest

    package init(key: String, digest: Digest) { (self.key, self.digest) = (key, digest) }
  }

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
    digest = json["digest"].flatMap { Digest($0) }
    isOpen = json["open"]?.bool ?? false
    defaults = json["defaults"].map { Array($0.bytes) }
    joining = Joining(json)
    if let key = json["added_key"]?.string, let digest = json["added_digest"].flatMap({ Digest($0) }) {
      addition = Addition(key: key, digest: digest)
    }
  }

  package func write(into writer: inout JSONWriter) {
    writer.member("id", id.text)
    writer.member("name", ifPresent: name)
    writer.member("created_ms", createdAt.milliseconds)
    writer.member("has_ids", hasIDs)
    writer.member("idempotency_key", ifPresent: idempotencyKey)
    writer.member("callback_url", ifPresent: callbackURL)
    if let digest { writer.array("digest") { digest.write(into: &$0) } }
    if isOpen { writer.member("open", true) }
    if let defaults { writer.member("defaults", JSONValue(trusted: defaults[...])) }
    if let joining {
      writer.member("template", JSONValue(trusted: joining.template[...]))
      writer.object("take") { take in for source in joining.sources { take.member(source.name, source.pool.text) } }
    }
    if let addition {
      writer.member("added_key", addition.key)
      writer.array("added_digest") { addition.digest.write(into: &$0) }
    }
  }

  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object { write(into: &$0) }
    return writer.bytes
  }
}

extension BatchManifest.Digest {
  fileprivate init?(_ json: JSONValue) {
    guard let words = json.elements, words.count == 3, let first = words[0].string.flatMap({ UInt64($0) }),
      let second = words[1].string.flatMap({ UInt64($0) }), let count = words[2].int
    else { return nil }
    self.init(first: first, second: second, count: count)
  }

  /// As text: JSON's readers may have no whole numbers of 64 bits.
  fileprivate func write(into array: inout JSONWriter) {
    array.string(String(first))
    array.string(String(second))
    array.int(count)
  }
}

extension BatchManifest.Joining {
  fileprivate init?(_ json: JSONValue) {
    guard let template = json["template"], let take = json["take"]?.members else { return nil }
    sources = take.compactMap { member in
      member.value.string.flatMap { UUIDv7($0) }.map { Source(name: member.key.string, pool: $0) }
    }
    self.template = Array(template.bytes)
  }
}

extension BatchManifest.Addition {
  /// As a pool's log keeps it.
  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("added_key", key)
      $0.array("added_digest") { digest.write(into: &$0) }
    }
    return writer.bytes
  }

  /// Nil for a call that had no key.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard !bytes.isEmpty, let json = try? JSONValue.parse(bytes), let key = json["added_key"]?.string,
      let digest = json["added_digest"].flatMap({ BatchManifest.Digest($0) })
    else { return nil }
    self.init(key: key, digest: digest)
  }
}
