extension Swim {
  /// Where a member listens, for datagrams and streams alike: an IP address and a port.
  ///
  /// The wire carries the IP as 4 or 16 bytes. An IPv4 address mapped into 16 bytes is another address than the same in
  /// 4 bytes: memberlist compares bytes, and so does this type.
  package struct Address: Hashable, Sendable, CustomStringConvertible {
    private enum IP: Hashable, Sendable {
      case version4(UInt32)
      case version6(high: UInt64, low: UInt64)
    }

    private let ip: IP
    package let port: UInt16

    /// An address from 4 or 16 bytes in network order; nil for any other count.
    package init?(ipBytes: some Collection<UInt8>, port: UInt16) {
      switch ipBytes.count {
      case 4: ip = .version4(ipBytes.reduce(0) { $0 << 8 | UInt32($1) })
      case 16:
        let high = ipBytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        ip = .version6(high: high, low: ipBytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
      default: return nil
      }
      self.port = port
    }

    /// An IPv4 address in host order: 127.0.0.1 is 0x7f00_0001.
    package init(version4 number: UInt32, port: UInt16) {
      ip = .version4(number)
      self.port = port
    }

    private init(ip: IP, port: UInt16) {
      self.ip = ip
      self.port = port
    }

    /// The 4 or 16 bytes in network order.
    package var ipBytes: [UInt8] {
      switch ip {
      case .version4(let number): (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
      case .version6(let high, let low):
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - 8 * UInt64($0 % 8))) }
      }
    }

    package var ipByteCount: Int {
      if case .version4 = ip { 4 } else { 16 }
    }

    package func with(port: UInt16) -> Address { Address(ip: ip, port: port) }

    /// `127.0.0.1:7946`, `[::1]:7946` (RFC 5952).
    package var description: String {
      switch ip {
      case .version4: ipBytes.map { String($0) }.joined(separator: ".") + ":\(port)"
      case .version6(let high, let low): "[\(Self.text(high: high, low: low))]:\(port)"
      }
    }

    private static func text(high: UInt64, low: UInt64) -> String {
      let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> (48 - 16 * UInt64($0 % 4))) }
      var longest = 0..<0
      var start = 0
      while start < 8 {
        var end = start
        while end < 8, groups[end] == 0 { end += 1 }
        if end - start > max(longest.count, 1) { longest = start..<end }
        start = max(end, start + 1)
      }
      func joined(_ part: some Sequence<UInt16>) -> String {
        part.map { String($0, radix: 16) }.joined(separator: ":")
      }
      guard !longest.isEmpty else { return joined(groups) }
      return joined(groups[..<longest.lowerBound]) + "::" + joined(groups[longest.upperBound...])
    }
  }
}
