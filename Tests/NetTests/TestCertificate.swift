import Foundation
import Testing

/// A certificate made a moment ago, for `localhost` alone, with its key; its folder ends with this object.
final class TestCertificate: Sendable {
  let folder: URL
  let certificate: String
  let key: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("client-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    certificate = folder.appendingPathComponent("certificate.pem").path
    key = folder.appendingPathComponent("key.pem").path
    let maker = Process()
    maker.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    maker.arguments =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
      .split(separator: " ").map(String.init)
      + ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
    maker.standardError = FileHandle.nullDevice
    try maker.run()
    maker.waitUntilExit()
    try #require(maker.terminationStatus == 0, "openssl must make a certificate")
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}
