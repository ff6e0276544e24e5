import Glibc
import HTTP
package import Loop

/// Which of its addresses a member tells others to dial.
enum AdvertisedHost {
  /// What `--advertise` stands for, none where it is not given. Before the port is bound: a name server may take
  /// seconds, and nobody would be there for who comes meanwhile.
  static func resolve(_ advertise: String?, on loop: EventLoop) async throws(StartError) -> [SocketAddress] {
    guard let advertise else { return [] }
    do throws(LoopError) {
      return try await Resolver.resolve(host: advertise, port: 0, on: loop)
    } catch {
      throw StartError("flag --advertise: \(error); give a name that resolves here, or an address", exitStatus: 2)
    }
  }

  /// The gossip address: `--advertise` as it was resolved, else the bound one, else (bound to a wildcard) this
  /// machine's own.
  static func gossip(
    bound: SocketAddress, advertise: String?, resolved: [SocketAddress]
  ) throws(StartError) -> SocketAddress {
    guard let advertise else { return bound.isUnspecified ? ownAddress(like: bound) : bound }
    let fitting = resolved.first { $0.isIPv6 == bound.isIPv6 }
    guard let fitting, let address = SocketAddress(ipBytes: fitting.ipBytes, port: bound.port) else {
      let family = bound.isIPv6 ? "IPv6" : "IPv4"
      throw StartError(
        "flag --advertise: \(advertise) has no \(family) address, but gossip is bound to \(bound)", exitStatus: 2)
    }
    return address
  }

  /// The API's address: a loopback one stays, since nobody else could dial it under another name.
  static func http(bound: SocketAddress, advertise: String?, gossip: SocketAddress) -> Authority {
    if bound.isLoopback { return Authority(host: bound.ip, port: bound.port) }
    return Authority(host: advertise ?? (bound.isUnspecified ? gossip.ip : bound.ip), port: bound.port)
  }

  /// The first address of a network interface that is up, private networks first; loopback where there is none.
  private static func ownAddress(like bound: SocketAddress) -> SocketAddress {
    var list: UnsafeMutablePointer<ifaddrs>?  // Guarded by: this call alone; freed below.
    guard getifaddrs(&list) == 0 else { return loopback(like: bound) }
    defer { freeifaddrs(list) }
    var candidates: [SocketAddress] = []
    var next = list  // Guarded by: this call alone, as the list that it walks.
    while let entry = next?.pointee {
      next = entry.ifa_next
      guard entry.ifa_flags & UInt32(IFF_UP) != 0, let address = entry.ifa_addr else { continue }
      if let address = numeric(address, port: bound.port), address.isIPv6 == bound.isIPv6, address.isRoutable {
        candidates.append(address)
      }
    }
    return candidates.first { $0.isPrivate } ?? candidates.first ?? loopback(like: bound)
  }

  private static func numeric(_ address: UnsafeMutablePointer<sockaddr>, port: UInt16) -> SocketAddress? {
    let size: Int
    switch Int32(address.pointee.sa_family) {
    case AF_INET: size = MemoryLayout<sockaddr_in>.size
    case AF_INET6: size = MemoryLayout<sockaddr_in6>.size
    default: return nil
    }
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard getnameinfo(address, socklen_t(size), &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0 else {
      return nil
    }
    let text = host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return SocketAddress(ip: String(decoding: text, as: UTF8.self), port: port)
  }

  private static func loopback(like bound: SocketAddress) -> SocketAddress {
    SocketAddress(ip: bound.isIPv6 ? "::1" : "127.0.0.1", port: bound.port)!
  }
}

extension SocketAddress {
  package var isLoopback: Bool { isIPv6 ? ip == "::1" : ipBytes[0] == 127 }

  /// Neither loopback nor link-local.
  fileprivate var isRoutable: Bool {
    if isLoopback { return false }
    return isIPv6 ? !(ipBytes[0] == 0xfe && ipBytes[1] & 0xc0 == 0x80) : !(ipBytes[0] == 169 && ipBytes[1] == 254)
  }

  /// RFC 1918, RFC 4193.
  fileprivate var isPrivate: Bool {
    if isIPv6 { return ipBytes[0] & 0xfe == 0xfc }
    switch (ipBytes[0], ipBytes[1]) {
    case (10, _), (172, 16...31), (192, 168): return true
    default: return false
    }
  }
}
