import Clockwork
import Glibc
import Loop
import Swim
import Testing

@testable import Gossip

@Suite("Changes of keys") struct KeyChangeTests {
  private let first = GossipKey.generate()
  private let second = GossipKey.generate()

  @Test("a ring changes by install, use and remove, and repeated changes change nothing")
  func ring() throws {
    var ring = try #require(Keyring(keys: [first]))
    for _ in 1...2 {
      ring = try ring.applying(.install(second))
      #expect(ring.keys == [first, second])
    }
    #expect(throws: KeyRefusal.primaryKey) { try ring.applying(.remove(first.fingerprint)) }
    for _ in 1...2 {
      ring = try ring.applying(.use(second.fingerprint))
      #expect(ring.keys == [second, first])
    }
    for _ in 1...2 {
      ring = try ring.applying(.remove(first.fingerprint))
      #expect(ring.keys == [second])
    }
    #expect(throws: KeyRefusal.primaryKey) { try ring.applying(.remove(second.fingerprint)) }
    #expect(throws: KeyRefusal.unknownKey) { try ring.applying(.use(first.fingerprint)) }
  }

  @Test("a ring is bounded")
  func bounded() throws {
    var ring = try #require(Keyring(keys: [first]))
    while ring.keys.count < GossipLimits.keys { ring = try ring.applying(.install(.generate())) }
    #expect(throws: KeyRefusal.tooManyKeys) { try ring.applying(.install(second)) }
    #expect(throws: UsageError.self) { try Keyring.reading(file: try KeyFile(ring.keys + [second]).path) }
  }

  @Test("orders and answers survive their way over the wire, and nothing else is taken for one")
  func messages() {
    let challenge: [UInt8] = [1, 2, 3]
    let orders: [KeyOrder] = [
      .tell, .change(.install(first), challenge: challenge, expected: [second.fingerprint]),
      .change(.use(first.fingerprint), challenge: challenge, expected: [second.fingerprint, first.fingerprint]),
      .change(.remove(first.fingerprint), challenge: challenge, expected: []),
    ]
    for order in orders { #expect(KeyOrder(order.bytes) == order) }
    let answers: [KeyAnswer] = [
      .holds(keys: [first.fingerprint, second.fingerprint], challenge: challenge), .refused("why"),
      .overtaken,
    ]
    for answer in answers { #expect(KeyAnswer(answer.bytes) == answer) }
    for text in [
      "", "x", "{}", #"{"ignareo":"keys"}"#, #"{"ignareo":"keys","order":"burn"}"#,
      #"{"ignareo":"keys","order":"use","fingerprint":"0","challenge":"AAAA"}"#,
      #"{"ignareo":"keys","order":"install","key":"AAAA","challenge":"AAAA"}"#,
    ] {
      #expect(KeyOrder(Array(text.utf8)) == nil, "\(text)")
      #expect(KeyAnswer(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test("a challenge is good once, for a minute, and for its maker alone")
  func challenge() {
    var (desk, other) = (KeyChallenge(), KeyChallenge())
    let now = Instant(nanoseconds: 1_000_000_000_000)
    let challenge = desk.make(at: now)
    let foreign = other.use(challenge, at: now)
    let atLast = desk.use(challenge, at: now + .seconds(60))
    let again = desk.use(challenge, at: now + .seconds(60))
    let tooLate = desk.use(desk.make(at: now), at: now + .seconds(61))
    #expect([foreign, atLast, again, tooLate] == [false, true, false, false])
    for bytes in [[], [1], Array(challenge.dropLast())] {
      let malformed = desk.use(bytes, at: now)
      #expect(!malformed)
    }
  }

  @Test("a key file is replaced whole, for its owner alone, and a link to it stays a link")
  func file() throws {
    let file = try KeyFile([first])
    #expect(chmod(file.path, 0o644) == 0)
    let link = file.path + "-link"
    #expect(symlink(file.path, link) == 0)
    defer { unlink(link) }
    #expect(try KeyFileWriter.write(try #require(Keyring(keys: [second, first])), to: link) == .onDisk)
    #expect(try Keyring.reading(file: file.path).keys == [second, first])
    var facts = stat()
    #expect(stat(file.path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    #expect(lstat(link, &facts) == 0 && facts.st_mode & S_IFMT == S_IFLNK)
    #expect(throws: LoopError.self) {
      try KeyFileWriter.write(try #require(Keyring(keys: [first])), to: "/nowhere/key")
    }
  }

  @Test("a fingerprint names its key, and tells nothing else")
  func fingerprints() {
    #expect(first.fingerprint == first.fingerprint && first.fingerprint != second.fingerprint)
    #expect(KeyFingerprint(first.fingerprint.text) == first.fingerprint)
    for text in ["", "0123", "0123456789ABCDEF", "0123456789abcdeg", "0123456789abcdef0"] {
      #expect(KeyFingerprint(text) == nil)
    }
  }
}
