import Clockwork
import Loop
import Swim

/// Counts what came in and was no use, by reason, and logs it at most once a second, and of one source that goes on and
/// on less and less often: neither a flood of garbage nor a stranger that stays for days must bury what else is logged.
package struct GarbageCounter {
  /// By reason, such as `truncated` or `wrong_key`.
  package private(set) var counts: [String: Int] = [:]
  private var lastLogged: Instant?
  /// Since the last line, by reason.
  private var unlogged: [String: Int] = [:]
  private var sources: [Source: Patience] = [:]
  private let log: Log

  /// One host's garbage of one kind: its ports are another one for each stream.
  private struct Source: Hashable {
    let host: [UInt8]
    let reason: String
  }

  private struct Patience {
    var lastLogged: Instant
    var wait: Duration
  }

  init(log: Log) { self.log = log }

  package var total: Int { counts.values.reduce(0, +) }

  /// - Parameters:
  ///   - detail: for people: what was wrong, and where. Made for the one that is logged, not for thousands a second.
  ///   - wayOut: what to do if the sender is no stranger.
  mutating func note(
    _ reason: String, from source: SocketAddress, _ detail: @autoclosure () -> String, wayOut: String, at now: Instant
  ) {
    counts[reason, default: 0] += 1
    unlogged[reason, default: 0] += 1
    if let lastLogged, now - lastLogged < GossipLimits.garbageLogInterval { return }
    guard isWorthALine(Source(host: source.ipBytes, reason: reason), at: now) else { return }
    let dropped = unlogged.sorted { $0.key < $1.key }
    log.warning(
      "gossip_dropped",
      [
        "reason": reason, "from": source.description, "detail": detail(),
        "dropped": String(dropped.reduce(0) { $0 + $1.value }),
        "by_reason": dropped.map { "\($0.key)=\($0.value)" }.joined(separator: ","), "way_out": wayOut,
      ])
    lastLogged = now
    unlogged = [:]
  }

  /// After each line of a source the next one waits twice as long, up to a bound; who was quiet for as long as that
  /// begins anew.
  private mutating func isWorthALine(_ source: Source, at now: Instant) -> Bool {
    let first = GossipLimits.garbageLogInterval
    guard var patience = sources[source], now - patience.lastLogged < GossipLimits.garbageLongestWait * 2 else {
      if sources.count >= GossipLimits.garbageSources { sources = sources.filter { now - $0.value.lastLogged < first } }
      if sources.count < GossipLimits.garbageSources { sources[source] = Patience(lastLogged: now, wait: first) }
      return true
    }
    guard now - patience.lastLogged >= patience.wait else { return false }
    patience = Patience(lastLogged: now, wait: min(patience.wait * 2, GossipLimits.garbageLongestWait))
    sources[source] = patience
    return true
  }

  mutating func note(_ error: WireError, from source: SocketAddress, at now: Instant) {
    note(error.code.label, from: source, error.description, wayOut: Self.notMemberlist, at: now)
  }

  /// Counted once, however many a push-pull holds.
  mutating func note(_ skipped: SkippedMembers, from source: SocketAddress, at now: Instant) {
    note(
      skipped.first.code.label, from: source, "\(skipped.count) members of a push-pull left out: \(skipped.first)",
      wayOut: Self.oddMembers, at: now)
  }

  /// Nothing here could read it, with the keys there are.
  mutating func note(_ error: CipherError, from source: SocketAddress, at now: Instant) {
    switch error {
    case .noKeyFits: note("wrong_key", from: source, "no gossip key fits", wayOut: Self.sameKeys, at: now)
    case .badFrame(let code): note(WireError(code, at: 0), from: source, at: now)
    }
  }

  /// What could not be taken out of its envelope.
  mutating func note(_ error: EnvelopeError, from source: SocketAddress, at now: Instant) {
    switch error {
    case .label(let detail): note("label", from: source, detail, wayOut: Self.sameLabel, at: now)
    case .malformed(let error): note(error, from: source, at: now)
    case .sealed(let error): note(error, from: source, at: now)
    }
  }

  static let notMemberlist = "only memberlist programs should send to the gossip port"
  static let oddMembers = "some member told that one of what it should not have believed: it goes when it is forgotten"
  static let sameKeys = "every member needs the same --gossip-key-file, or none"
  static let sameLabel = "every member of one cluster needs the same --gossip-label, or none"
}

extension WireError.Code {
  /// Short, for counters.
  fileprivate var label: String {
    switch self {
    case .truncated: "truncated"
    case .empty: "empty"
    case .nameless: "nameless"
    case .unknownType: "unknown_type"
    case .misplacedType: "misplaced_type"
    case .notAMap: "not_a_map"
    case .wrongKind: "wrong_kind"
    case .outOfRange: "out_of_range"
    case .badText: "bad_text"
    case .badLength: "bad_length"
    case .badChecksum: "bad_checksum"
    case .unknownCompression: "unknown_compression"
    case .badCompression: "bad_compression"
    case .emptyExpansion: "empty_expansion"
    case .tooLarge: "too_large"
    case .tooDeep: "too_deep"
    case .emptyPart: "empty_part"
    case .badLabel: "bad_label"
    case .badPadding: "bad_padding"
    case .unknownEncryptionVersion: "unknown_encryption_version"
    }
  }
}
