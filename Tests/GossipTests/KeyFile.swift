import Glibc

@testable import Gossip

/// A file of gossip keys that goes away with the test.
final class KeyFile: Sendable {
  let path: String

  convenience init(_ keys: [GossipKey]) throws { try self.init(text: keys.map { $0.base64 + "\n" }.joined()) }

  init(text: String) throws {
    var template = Array("/tmp/ignareo-key-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw StartError("mkstemp failed: \(errno)") }
    defer { close(descriptor) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else { throw StartError("write failed: \(errno)") }
  }

  func remove() { unlink(path) }

  deinit { unlink(path) }
}
