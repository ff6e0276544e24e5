import HTTP

/// The cluster flags, the same for both roles: declared here once, read here once.
///
///     let flags = try FlagScanner(ClusterFlags.declarations(for: .node) + ownFlags).scan(arguments)
///     let options = try ClusterFlags.options(from: flags, role: .node)
package enum ClusterFlags {
  /// A name goes into URLs, logs and metric labels.
  private static let nameLimit = 128
  /// Its length goes into one byte of every datagram.
  private static let labelLimit = 255

  package static func declarations(for role: ClusterOptions.Role) -> [Flag] {
    let defaults = ClusterOptions(role: role)
    return [
      Flag("name", .value("NAME"), "the member's name (default: host name and gossip port)"),
      Flag("http", .value("HOST:PORT"), "where the HTTP API listens (default \(defaults.http))"),
      Flag("gossip", .value("HOST:PORT"), "where gossip listens, UDP and TCP (default \(defaults.gossip))"),
      Flag("advertise", .value("HOST"), "what others dial (default: the bound host)"),
      Flag("join", .list("HOST:PORT"), "members to join through; names stand for all their addresses"),
      Flag("profile", .value("lan|wan|local"), "the gossip's timings (default lan)"),
      Flag("gossip-key-file", .value("FILE"), "base64 keys, one a line: the first encrypts, all decrypt"),
      Flag("gossip-label", .value("LABEL"), "keeps clusters apart: members of another label are not heard"),
      Flag("gossip-compression", .toggle, "compress gossip on its way out; all members read both"),
      Flag("log-level", .value("LEVEL"), "debug, info, warning or error (default info)"),
      Flag("log-format", .value("text|json"), "the log on standard error (default text)"),
      Flag("drain-timeout", .value("SECONDS"), "how long running work may finish on SIGTERM (default 30)"),
    ]
  }

  package static func options(
    from flags: ScannedFlags, role: ClusterOptions.Role
  ) throws(UsageError) -> ClusterOptions {
    var options = ClusterOptions(role: role)
    options.name = try name(flags)
    options.http = try flags.listeningAuthority("http") ?? options.http
    options.gossip = try flags.listeningAuthority("gossip") ?? options.gossip
    options.advertise = try advertise(flags)
    options.join = try flags.remoteAuthorities("join")
    options.profile = try flags.choice("profile", of: ClusterOptions.Profile.self) ?? options.profile
    if let path = flags.text("gossip-key-file") {
      guard !path.isEmpty else { throw flags.error("gossip-key-file", "needs a file") }
      options.gossipKeyFile = path
    }
    options.gossipLabel = try label(flags)
    options.compressesGossip = flags.has("gossip-compression")
    options.logLevel = try flags.choice("log-level", of: ClusterOptions.LogLevel.self) ?? options.logLevel
    options.logFormat = try flags.choice("log-format", of: ClusterOptions.LogFormat.self) ?? options.logFormat
    options.drainTimeout = try flags.seconds("drain-timeout") ?? options.drainTimeout
    return options
  }

  private static func name(_ flags: ScannedFlags) throws(UsageError) -> String? {
    guard let name = flags.text("name") else { return nil }
    guard !name.isEmpty, name.utf8.count <= nameLimit else {
      throw flags.error("name", "a name has 1 to \(nameLimit) bytes")
    }
    guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "/") }) else {
      throw flags.error("name", "a name holds no space, control character or '/'")
    }
    return name
  }

  private static func label(_ flags: ScannedFlags) throws(UsageError) -> String {
    guard let label = flags.text("gossip-label") else { return "" }
    guard 1...labelLimit ~= label.utf8.count else {
      throw flags.error("gossip-label", "a label has 1 to \(labelLimit) bytes")
    }
    return label
  }

  private static func advertise(_ flags: ScannedFlags) throws(UsageError) -> String? {
    guard let text = flags.text("advertise") else { return nil }
    let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    let bracketed = bare.contains(":") ? "[\(bare)]" : bare
    guard let authority = Authority(bracketed, defaultPort: 0), authority.port == 0 else {
      throw flags.error("advertise", "'\(text)' is not a host name or an address (without a port)")
    }
    if ["0.0.0.0", "::"].contains(authority.host) {
      throw flags.error("advertise", "nobody can dial \(authority.host); give this machine's own address or name")
    }
    return authority.host
  }
}
