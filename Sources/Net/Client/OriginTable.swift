import Clockwork
import Glibc

/// Finds the origin that a URL dials, and forgets origins that nobody has dialled for a while.
struct OriginTable {
  /// Where a URL's beginning leads.
  struct Destination {
    let origin: Origin
    /// Nil where libcurl alone can dial it.
    let plainHost: PlainHost?
  }

  private var origins: [String: Origin] = [:]
  /// By a URL's beginning, up to its path: reading a URL costs more than the look-up.
  private var byPrefix: [String: Destination] = [:]
  /// What was asked for last and will mostly be asked for next.
  private var latest: (prefix: String, destination: Destination)?
  /// For libcurl's cache of names: entries of forgotten ones, to be forgotten there too, and what a transfer carried
  /// that libcurl never saw.
  private var entries: [String] = []
  /// As many are known when those without work are next looked for.
  private var crowd = ClientLimits.origins

  /// - Throws: the reason why `url` cannot be dialled, for people.
  mutating func destination(
    of url: String, schemes: Set<String> = URLParts.webSchemes, at now: Instant
  ) throws(BadURL) -> Destination {
    if let latest, Self.dials(url, as: latest.prefix) {
      latest.destination.origin.lastUsed = now
      return latest.destination
    }
    let prefix = try Self.prefix(of: url)
    let destination: Destination
    if let known = byPrefix[prefix] {
      destination = known
    } else {
      let parts = try URLParts(url, schemes: schemes)
      destination = Destination(origin: origin(parts, at: now), plainHost: PlainHost(prefix: prefix, parts))
      if byPrefix.count >= ClientLimits.origins { byPrefix = [:] }
      byPrefix[prefix] = destination
    }
    latest = (prefix, destination)
    destination.origin.lastUsed = now
    return destination
  }

  private mutating func origin(_ parts: URLParts, at now: Instant) -> Origin {
    let key = "\(parts.host):\(parts.port)"
    if let known = origins[key] { return known }
    if origins.count >= crowd { forgetIdle() }
    let origin = Origin(parts, at: now)
    origins[key] = origin
    return origin
  }

  /// What the next transfer takes along for libcurl's cache of names.
  mutating func takeEntries(for origin: Origin) -> [String] {
    guard !origin.newEntries.isEmpty || !entries.isEmpty else { return [] }
    defer {
      entries = []
      origin.newEntries = []
    }
    if !origin.newEntries.isEmpty { origin.isKnownToLibcurl = true }
    return entries + origin.newEntries
  }

  mutating func giveBack(_ unseen: [String]) { entries += unseen }

  /// Half of those without work, the longest unused first. The walk is paid for by as many new ones: where all have
  /// work, the next one comes when the crowd has grown by half.
  private mutating func forgetIdle() {
    let idle = origins.filter { $0.value.isIdle }.sorted { $0.value.lastUsed < $1.value.lastUsed }
    for (key, origin) in idle.prefix((idle.count + 1) / 2) {
      origins[key] = nil
      origin.closeIdle()
      if origin.isKnownToLibcurl { entries.append("-\(origin.host):\(origin.port)") }
    }
    crowd = max(ClientLimits.origins, origins.count + origins.count / 2)
    byPrefix = [:]
    latest = nil
  }

  /// `https://user@host:port` of a URL.
  private static func prefix(of url: String) throws(BadURL) -> String {
    let bytes = url.utf8
    guard !bytes.contains(0) else { throw BadURL(text: "it holds a zero byte") }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
      throw BadURL(text: "it does not begin with http:// or https://")
    }
    let authority = bytes[bytes.index(colon, offsetBy: 3)...]
    return String(url[..<(authority.firstIndex(where: endsAuthority) ?? bytes.endIndex)])
  }

  private static func dials(_ url: String, as prefix: String) -> Bool {
    var (url, prefix) = (url, prefix)
    return url.withUTF8 { url in
      prefix.withUTF8 { prefix in
        // Guarded by: both texts, which outlive the call.
        guard url.count >= prefix.count, memcmp(url.baseAddress!, prefix.baseAddress!, prefix.count) == 0 else {
          return false
        }
        let rest = url[prefix.count...]
        return (rest.first.map(endsAuthority) ?? true) && !rest.contains(0)
      }
    }
  }

  private static func endsAuthority(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\\")
  }
}
