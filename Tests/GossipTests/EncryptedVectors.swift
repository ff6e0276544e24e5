import Glibc

@testable import Gossip

/// The messages in `Vectors/encrypted.txt`.
enum EncryptedVectors {
  static let all: [KeyringTests.Vector] = {
    let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
    return read("/\(folder)/Vectors/encrypted.txt").split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
      let fields = line.split(separator: "|", omittingEmptySubsequences: false)
      return KeyringTests.Vector(
        testDescription: String(fields[0]), isStream: fields[1] == "tcp", key: GossipKey(bytes: bytes(fields[2]))!,
        associated: bytes(fields[3]), sealed: bytes(fields[4]), plain: bytes(fields[5]))
    }
  }()

  private static func read(_ path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
  }

  private static func bytes(_ hex: Substring) -> [UInt8] {
    let digits = hex.utf8.map { $0 <= 0x39 ? $0 - 0x30 : $0 - 0x61 + 10 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
