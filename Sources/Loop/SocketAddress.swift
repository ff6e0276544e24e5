import CLinux
import Glibc

/// An IPv4 or IPv6 address with a port: where a socket is bound, or what it talks to.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
  /// 4 bytes for IPv4, 16 for IPv6, in network order. IPv4 is never written in its mapped 16-byte form.
  package let ipBytes: [UInt8]
  package let port: UInt16

  /// - Parameter ipBytes: 4 or 16; a mapped IPv4 address (`::ffff:a.b.c.d`) is taken as the 4 bytes it stands for.
  package init?(ipBytes: [UInt8], port: UInt16) {
    guard ipBytes.count == 4 || ipBytes.count == 16 else { return nil }
    let isMapped =
      ipBytes.count == 16 && ipBytes[0..<10].allSatisfy { $0 == 0 } && ipBytes[10] == 0xff && ipBytes[11] == 0xff
    self.ipBytes = isMapped ? Array(ipBytes[12...]) : ipBytes
    self.port = port
  }

  /// Reads a numeric address; names are the resolver's business.
  package init?(ip: String, port: UInt16) {
    var v4 = in_addr()
    var v6 = in6_addr()
    if inet_pton(AF_INET, ip, &v4) == 1 {
      self.init(ipBytes: withUnsafeBytes(of: &v4) { Array($0) }, port: port)
    } else if inet_pton(AF_INET6, ip, &v6) == 1 {
      self.init(ipBytes: withUnsafeBytes(of: &v6) { Array($0) }, port: port)
    } else {
      return nil
    }
  }

  package var isIPv6: Bool { ipBytes.count == 16 }
  /// Whether it stands for every address of the machine (`0.0.0.0`, `::`), which nobody can dial.
  package var isUnspecified: Bool { ipBytes.allSatisfy { $0 == 0 } }

  package func with(port: UInt16) -> SocketAddress { SocketAddress(ipBytes: ipBytes, port: port)! }

  /// The address without its port, IPv6 without brackets.
  package var ip: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    _ = ipBytes.withUnsafeBytes {
      inet_ntop(isIPv6 ? AF_INET6 : AF_INET, $0.baseAddress, &text, socklen_t(text.count))
    }
    return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }  // Guarded by: ends in inet_ntop's zero.
  }

  /// `127.0.0.1:80` or `[::1]:80`.
  package var description: String { isIPv6 ? "[\(ip)]:\(port)" : "\(ip):\(port)" }

  // MARK: The kernel's form

  var family: Int32 { isIPv6 ? AF_INET6 : AF_INET }

  /// Lends the kernel's form of the address; the pointer lives as long as the call.
  func withSockAddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    if isIPv6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: ipBytes) }
      return Self.lend(&address, body)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: ipBytes) }
    return Self.lend(&address, body)
  }

  private static func lend<Address, Result>(
    _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<Address>.size)) }
    }
  }

  init?(_ storage: sockaddr_storage) {
    let address: (bytes: [UInt8], port: UInt16)? = withUnsafeBytes(of: storage) { raw in
      switch Int32(raw.loadUnaligned(as: sa_family_t.self)) {
      case AF_INET:
        var v4 = raw.loadUnaligned(as: sockaddr_in.self)
        return (withUnsafeBytes(of: &v4.sin_addr) { Array($0) }, UInt16(bigEndian: v4.sin_port))
      case AF_INET6:
        var v6 = raw.loadUnaligned(as: sockaddr_in6.self)
        return (withUnsafeBytes(of: &v6.sin6_addr) { Array($0) }, UInt16(bigEndian: v6.sin6_port))
      default: return nil
      }
    }
    guard let address else { return nil }
    self.init(ipBytes: address.bytes, port: address.port)
  }

  /// Asks the kernel for an address of a socket: `getsockname`, `getpeername`, or `accept`'s own answer.
  static func read(
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> (result: Int32, address: SocketAddress?) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &length) }
    }
    return (result, result < 0 ? nil : SocketAddress(storage))
  }
}
