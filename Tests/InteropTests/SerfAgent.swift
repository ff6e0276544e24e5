import Foundation
import HTTP
import Loop

/// Debian's serf, which is memberlist with an application of its own on it.
final class SerfAgent: Sendable {
  static let program: URL? = ["/usr/bin/serf", "/usr/local/bin/serf"].map { URL(filePath: $0) }
    .first { FileManager.default.isExecutableFile(atPath: $0.path) }

  let gossip: Authority
  private let process = Process()
  private let output = PeerOutput()

  init(_ name: String) throws {
    gossip = Authority(host: "127.0.0.1", port: try Self.freePort())
    let rpc = try Self.freePort()
    process.executableURL = Self.program
    process.arguments = [
      "agent", "-node", name, "-bind", "\(gossip)", "-rpc-addr", "127.0.0.1:\(rpc)", "-profile", "local",
      "-log-level", "debug",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output.pipe
    process.standardError = output.pipe
    try process.run()
  }

  deinit { kill9() }

  var words: String { output.text }

  /// Whether its port takes streams.
  var isListening: Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = Self.local(port: gossip.port)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  func kill9() { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// One that was free a moment ago: serf takes no port 0.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = local(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failure = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) != 0 || getsockname(descriptor, $0, &length) != 0
      }
    }
    guard !failure else { throw Unmet("no free port: \(errno)") }
    return UInt16(bigEndian: address.sin_port)
  }

  private static func local(port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }
}
