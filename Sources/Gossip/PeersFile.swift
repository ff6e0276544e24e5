import Clockwork
import Glibc
import HTTP
import Loop

/// Another member as it was last known.
struct RememberedPeer: Hashable, Sendable {
  var name: String
  var address: SocketAddress
  /// Seconds since 1970.
  var lastAlive: Int64
}

/// `DIR/peers`: whom a member knew, so that one that is started again finds its cluster without `--join`.
///
/// One line a peer, such as `10.0.0.7:7946 1767225600 n1`: where it gossips, when it was last known to be alive, and
/// its name, which may hold spaces. A new file takes the place of the old one whole, so that a crash leaves one or the
/// other. Every call blocks.
struct PeersFile: Sendable {
  private let folder: String
  /// Held as long as the process lives: two members with one folder would each write over what the other knows, and
  /// join clusters that have nothing to do with each other.
  private let lock: Int32

  private var path: String { "\(folder)/peers" }

  /// Opens the folder, making it if there is none.
  static func open(folder: String) throws(PeersFileError) -> PeersFile {
    try makeFolder(folder)
    let path = "\(folder)/peers.lock"
    let lock = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw PeersFileError("open \(path)", errno) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let reason = errno
      Glibc.close(lock)
      guard reason != EWOULDBLOCK else {
        throw PeersFileError(text: "another process uses the folder \(folder); give each its own with --data")
      }
      throw PeersFileError("lock \(path)", reason)
    }
    return PeersFile(folder: folder, lock: lock)
  }

  func close() { Glibc.close(lock) }

  /// - Returns: the peers, and how many lines mean nothing. No file means that nobody is remembered.
  func read() throws(PeersFileError) -> (peers: [RememberedPeer], badLines: Int) {
    guard let file = fopen(path, "re") else {
      guard errno == ENOENT else { throw PeersFileError("read \(path)", errno) }
      return ([], 0)
    }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: GossipLimits.peersFileBytes)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw PeersFileError("read \(path)", EIO) }
    return Self.parse(bytes[..<count])
  }

  func write(_ peers: [RememberedPeer]) throws(PeersFileError) {
    do throws(LoopError) {
      // A power cut that brings the old file back costs a member nothing but its newest peers.
      _ = try FileReplacement.write(Self.text(of: peers), to: path)
    } catch {
      throw PeersFileError(text: "cannot \(error)")
    }
  }

  // MARK: The text

  static func text(of peers: [RememberedPeer]) -> [UInt8] {
    let head = "# whom this member knew: address, last alive (seconds since 1970), name\n"
    return Array((head + peers.map { "\($0.address) \($0.lastAlive) \($0.name)\n" }.joined()).utf8)
  }

  static func parse(_ bytes: ArraySlice<UInt8>) -> (peers: [RememberedPeer], badLines: Int) {
    var (peers, badLines) = ([RememberedPeer](), 0)
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
      guard let peer = String(validating: line, as: UTF8.self).flatMap(peer) else {
        badLines += 1
        continue
      }
      if peers.count < GossipLimits.peersRemembered { peers.append(peer) }
    }
    return (peers, badLines)
  }

  private static func peer(_ line: String) -> RememberedPeer? {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let authority = Authority(String(parts[0])), authority.port > 0,
      let address = SocketAddress(ip: authority.host, port: authority.port), let lastAlive = Int64(parts[1]),
      lastAlive >= 0, Self.canHold(String(parts[2]))
    else { return nil }
    return RememberedPeer(name: String(parts[2]), address: address, lastAlive: lastAlive)
  }

  /// A foreign member's name may be anything; one that would break a line is not remembered.
  static func canHold(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 255 && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
  }

  private static func makeFolder(_ folder: String) throws(PeersFileError) {
    if mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = folder.dropLast().lastIndex(of: "/"), slash > folder.startIndex else {
      throw PeersFileError("make the folder \(folder)", errno)
    }
    try makeFolder(String(folder[..<slash]))
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw PeersFileError("make the folder \(folder)", errno) }
  }
}

/// What went wrong with the file, for people.
struct PeersFileError: Error, Equatable {
  let text: String

  init(text: String) { self.text = text }

  init(_ what: String, _ errno: Int32) { text = "cannot \(what): \(LoopError.text(of: errno))" }
}
