import Foundation
import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client over TLS")
struct ClientTLSTests {
  @Test("a certificate that nobody vouches for is refused before anything is sent, unless the request says otherwise")
  func selfSigned() async throws {
    let server = try TLSServer()
    try await withClient { _, client in
      var request = HTTPClientRequest("https://127.0.0.1:\(server.port)/", method: "POST")
      let error = try await failure(of: request, on: client)
      #expect(error.code == .tls && error.surelyNoEffect)
      #expect(error.message.hasPrefix("127.0.0.1:\(server.port): "))
      request.method = "GET"
      request.verifiesTLS = false
      let response = try await client.fetch(request)
      #expect(response.status == 200 && !response.body.isEmpty)
      #expect(response.timing.tls > .zero && response.timing.tls >= response.timing.connect)
    }
  }

  @Test("the client's own authorities are believed, for the names that the certificate holds")
  func ownAuthority() async throws {
    let server = try TLSServer()
    var configuration = HTTPClientConfiguration()
    configuration.authoritiesFile = server.certificate
    try await withClient(.both, configuration) { _, client in
      #expect(try await client.fetch(HTTPClientRequest("https://localhost:\(server.port)/")).status == 200)
      let other = try await failure(of: HTTPClientRequest("https://127.0.0.1:\(server.port)/"), on: client)
      #expect(other.code == .tls)
    }
  }

  @Test("a server that speaks no TLS is a tls failure")
  func plainServer() async throws {
    try await withClient { loop, client in
      let plain = try TCPListener(loop: loop, address: SocketAddress(ip: "127.0.0.1", port: 0)!) {
        $0.write(Array("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n".utf8))
        $0.closeAfterFlush()
      }
      defer { plain.close() }
      let error = try await failure(of: HTTPClientRequest("https://127.0.0.1:\(plain.localAddress.port)/"), on: client)
      #expect(error.code == .tls && error.surelyNoEffect)
    }
  }
}

/// `openssl s_server` with a certificate of its own; ends with this object.
private final class TLSServer: Sendable {
  let port: UInt16
  private let process = Process()
  private let files: TestCertificate

  var certificate: String { files.certificate }

  init() throws {
    files = try TestCertificate()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", files.certificate, "-key", files.key, "-www",
    ]
    let output = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("ACCEPT 127.0.0.1:") || !text.hasSuffix("\n") {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "openssl s_server must say where it listens")
      text += String(decoding: data, as: UTF8.self)
    }
    let digits = text.split(separator: "ACCEPT 127.0.0.1:").last.map { $0.prefix(while: \.isNumber) }
    port = try #require(digits.flatMap { UInt16($0) })
  }

  deinit {
    // Not SIGTERM, which it inherits as blocked from the thread that started it.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
