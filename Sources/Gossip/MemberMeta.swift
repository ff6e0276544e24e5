package import HTTP
import JSON

/// What a member says of itself in its gossip meta: at most 512 bytes, one JSON object.
///
///     {"ignareo":"0.1.0","role":"node","http":"10.0.0.7:55568","started":1767225600000000,"slow":true}
///
/// `tags`, `draining` and `slow` are left out when empty or false. JSON, because other memberlist programs show meta as
/// text.
package struct MemberMeta: Hashable, Sendable {
  /// memberlist's bound on a member's meta.
  package static let limitBytes = 512

  /// nil: not one of ours, "other" in lists.
  package var role: ClusterOptions.Role?
  /// Where its HTTP API is dialled.
  package var http: Authority?
  package var version: String?
  /// When its process began, in microseconds since 1970 by its own calendar: tells a life from the one before, and
  /// which of two with one name came first.
  package var started: Int64?
  package var tags: [String: String]
  package var isDraining: Bool
  /// Its loops lag so much that it should get no new work. Slow is not suspect: it says so itself.
  package var isSlow = false

  package init(
    role: ClusterOptions.Role?, http: Authority?, version: String? = Release.version,
    started: Int64? = nil, tags: [String: String] = [:], isDraining: Bool = false
  ) {
    (self.role, self.http, self.version, self.tags, self.isDraining) = (role, http, version, tags, isDraining)
    self.started = started
  }

  /// `node`, `coordinator`, or `other` for a peer that is not ours.
  package var roleName: String { role?.rawValue ?? "other" }

  /// A plain memberlist peer, or a program that uses gossip for something else.
  package static let foreign = MemberMeta(role: nil, http: nil, version: nil)

  /// Reads a member's bytes; whatever is not ours is `foreign`.
  package init(bytes: [UInt8]) {
    self = .foreign
    guard bytes.first == UInt8(ascii: "{"), bytes.count <= Self.limitBytes, let value = try? JSONValue.parse(bytes),
      let version = value["ignareo"]?.string
    else { return }
    self.version = version
    role = value["role"]?.string.flatMap { ClusterOptions.Role(rawValue: $0) }
    http = value["http"]?.string.flatMap { Authority($0) }
    started = value["started"]?.int.map { Int64($0) }
    value["tags"]?.forEachMember { key, value in
      if let text = value.string { tags[key.string] = text }
    }
    isDraining = value["draining"]?.bool ?? false
    isSlow = value["slow"]?.bool ?? false
  }

  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object { writer in
      writer.member("ignareo", version ?? Release.version)
      writer.member("role", ifPresent: role?.rawValue)
      writer.member("http", ifPresent: http?.description)
      writer.member("started", ifPresent: started.map { Int($0) })
      if !tags.isEmpty {
        writer.member("tags") { tags in
          tags.object { object in
            for (key, value) in self.tags.sorted(by: { $0.key < $1.key }) { object.member(key, value) }
          }
        }
      }
      if isDraining { writer.member("draining", true) }
      if isSlow { writer.member("slow", true) }
    }
    return writer.bytes
  }

  /// - Throws: when the tags leave no room for the rest, now or once the member drains or is slow.
  package func checkFits() throws(UsageError) {
    var longest = self
    (longest.isDraining, longest.isSlow) = (true, true)
    let excess = longest.bytes.count - Self.limitBytes
    guard excess > 0 else { return }
    throw UsageError(
      origin: "flag --tag",
      why: "the tags are \(excess) bytes too long for gossip, which carries \(Self.limitBytes) bytes in all")
  }
}
