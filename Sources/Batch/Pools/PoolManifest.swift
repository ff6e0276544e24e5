package import Clockwork
import JSON

/// Who a pool is, as its log keeps it.
package struct PoolManifest: Sendable, Equatable {
  package var id: UUIDv7
  package var name: String
  package var createdAt: Timestamp
  package var use: Pool.Use

  package init(id: UUIDv7, name: String, createdAt: Timestamp, use: Pool.Use) {
    (self.id, self.name, self.createdAt, self.use) = (id, name, createdAt, use)
  }

  /// Nil for what no coordinator wrote.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard let json = try? JSONValue.parse(bytes), let id = json["id"]?.string.flatMap({ UUIDv7($0) }),
      let name = json["name"]?.string, let created = json["created_ms"]?.int
    else { return nil }
    let use: Pool.Use =
      switch json["reuse"]?.int {
      case nil: .undecided
      case 0?: .once
      case let most?: .lent(most)
      }
    self.init(id: id, name: name, createdAt: Timestamp(milliseconds: Int64(created)), use: use)
  }

  package var bytes: [UInt8] {
    var writer = JSONWriter()
    writer.object {
      $0.member("id", id.text)
      $0.member("name", name)
      $0.member("created_ms", createdAt.milliseconds)
      switch use {
      case .undecided: break
      case .once: $0.member("reuse", 0)
      case .lent(let most): $0.member("reuse", most)
      }
    }
    return writer.bytes
  }
}
