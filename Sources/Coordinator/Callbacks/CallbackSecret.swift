import COpenSSL
import Glibc
import Gossip

/// What proves to a callback's receiver that the coordinator sent it.
package struct CallbackSecret: Sendable, Equatable {
  private static let fileBytes = 4 << 10

  private let bytes: [UInt8]

  /// Nil for an empty one, which proves nothing.
  init?(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return nil }
    self.bytes = bytes
  }

  /// The first line of a file, without its end.
  ///
  /// - Throws: a usage error, which never holds the secret.
  static func reading(file path: String, flag: String) throws(UsageError) -> CallbackSecret {
    func complaint(_ why: String) -> UsageError { UsageError(origin: "flag --\(flag)", why: "\(path) \(why)") }
    guard let file = fopen(path, "re") else { throw complaint("cannot be read: \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: fileBytes)
    let count = fread(&bytes, 1, fileBytes, file)
    guard ferror(file) == 0 else { throw complaint("cannot be read: \(String(cString: strerror(errno)))") }
    var line = bytes[..<count].prefix { $0 != 0x0a }
    guard line.count < fileBytes else { throw complaint("has a first line of more than \(fileBytes - 1) bytes") }
    if line.last == 0x0d { line.removeLast() }
    guard let secret = CallbackSecret(Array(line)) else {
      throw complaint("has an empty first line, where the secret belongs: `openssl rand -hex 32` makes one")
    }
    return secret
  }

  /// `sha256=` and the HMAC-SHA-256 (RFC 2104) of the timestamp, a full stop and the body, in hex: what a receiver
  /// computes to compare. The timestamp is signed too, so that an old call cannot be sent again as a new one.
  func signature(timestamp: String, body: [UInt8]) -> String {
    let message = Array(timestamp.utf8) + [UInt8(ascii: ".")] + body
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var count: UInt32 = 0
    let made = HMAC(EVP_sha256(), bytes, Int32(bytes.count), message, message.count, &digest, &count)
    precondition(made != nil, "OpenSSL refused HMAC-SHA-256")
    return "sha256=" + digest.prefix(Int(count)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
