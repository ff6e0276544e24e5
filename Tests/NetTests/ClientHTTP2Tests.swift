import Foundation
import HTTP
import Loop
import Testing

@testable import Net

@Suite("HTTP client over HTTP/2")
struct ClientHTTP2Tests {
  @Test("HTTP/2 is spoken where the server offers it, and many requests share one connection")
  func multiplexed() async throws {
    let server = try Nginx()
    try await withClient { loop, client in
      var (done, versions, bodies): (Int, Set<String>, Set<String>) = (0, [], [])
      for number in 0..<50 {
        var request = HTTPClientRequest("https://localhost:\(server.port)/\(number)")
        request.verifiesTLS = false
        var body: [UInt8] = []
        client.start(
          request, onHead: { versions.insert($0.httpVersion) }, onBody: { body += $0 },
          onEnd: { _ in
            done += 1
            bodies.insert(String(decoding: body, as: UTF8.self))
          })
      }
      try await eventually(loop, "all are answered") { done == 50 }
      #expect(versions == ["2"] && bodies == Set((0..<50).map { "you asked for /\($0)" }))
      #expect(client.connectionCounts == (1, 1) && client.own.opened == 0)
    }
  }

  @Test("who wants HTTP/1.1 gets it, from the same server")
  func version1() async throws {
    let server = try Nginx()
    try await withClient { (_, client) async throws in
      var request = HTTPClientRequest("https://localhost:\(server.port)/x")
      (request.verifiesTLS, request.version) = (false, .http1)
      #expect(try await client.fetch(request).httpVersion == "1.1")
    }
  }
}

/// nginx with TLS and HTTP/2; ends with this object.
private final class Nginx: @unchecked Sendable {
  // Guarded by: nobody writes after `init`.
  private(set) var port: UInt16 = 0
  private var process = Process()
  private let files: TestCertificate

  init() throws {
    files = try TestCertificate()
    // nginx picks no port by itself, and one that was free a moment ago may be taken.
    for _ in 0..<5 {
      port = try Self.freePort()
      process = try Self.start(on: port, files)
      if Self.answers(port, process) { return }
    }
    Issue.record("nginx does not start")
  }

  private static func start(on port: UInt16, _ files: TestCertificate) throws -> Process {
    let folder = files.folder.path
    let text = """
      daemon off; worker_processes 1; master_process off; pid \(folder)/pid; error_log \(folder)/error.log;
      events { worker_connections 256; }
      http {
        access_log off; client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy;
        fastcgi_temp_path \(folder)/fastcgi; uwsgi_temp_path \(folder)/uwsgi; scgi_temp_path \(folder)/scgi;
        server {
          listen 127.0.0.1:\(port) ssl http2; ssl_certificate \(files.certificate); ssl_certificate_key \(files.key);
          location / { default_type text/plain; return 200 "you asked for $request_uri"; }
        }
      }
      """
    let configuration = files.folder.appendingPathComponent("nginx.conf")
    try text.write(to: configuration, atomically: true, encoding: .utf8)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "PATH=/usr/sbin:/usr/bin:/bin", "nginx", "-e", "\(folder)/error.log", "-c", configuration.path,
    ]
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    return try withAddress(0) { address, length in
      var size = length
      try #require(bind(descriptor, address, length) == 0 && getsockname(descriptor, address, &size) == 0)
      return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
    }
  }

  private static func answers(_ port: UInt16, _ process: Process) -> Bool {
    while process.isRunning {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      if withAddress(port, { connect(descriptor, $0, $1) }) == 0 { return true }
      usleep(2_000)
    }
    return false
  }

  private static func withAddress<Value>(
    _ port: UInt16, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) throws -> Value
  ) rethrows -> Value {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return try withUnsafeMutablePointer(to: &address) {
      try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
