import Clockwork
import Swim

/// One machine on a bench: inputs by hand, its timer served, its effects kept with their times.
struct Lab {
  var swim: Swim
  private(set) var now = Instant.zero + .seconds(1000)
  private(set) var wakeAt: Instant?

  static let home = Lab.address(0)

  static func address(_ number: Int) -> Swim.Address {
    Swim.Address(version4: 0x7f00_0001 + UInt32(number), port: 7946)
  }

  init(_ configuration: Swim.Configuration = .lan, seed: UInt64 = 1, started: Bool = true, meta: [UInt8] = []) {
    swim = Swim(name: "me", address: Self.home, meta: meta, configuration: configuration, seed: seed)
    if started { self(.start) }
  }

  /// Members n1 to nN, alive at incarnation 1.
  init(_ configuration: Swim.Configuration = .lan, others: Int, seed: UInt64 = 1) {
    self.init(configuration, seed: seed)
    for number in 1...others { hear(.alive(Self.alive(number))) }
  }

  static func alive(_ number: Int, _ incarnation: UInt32 = 1, meta: [UInt8] = [], versions: Versions? = .plain) -> Alive
  {
    Alive(incarnation: incarnation, node: "n\(number)", address: address(number), meta: meta, versions: versions)
  }

  /// To us, from a member or whoever calls itself one.
  static func ping(_ sequence: UInt32, by number: Int) -> Ping {
    Ping(sequence: sequence, node: "me", source: Source(name: "n\(number)", address: address(number)))
  }

  static func accusation(_ node: String, by from: String, _ incarnation: UInt32 = 1) -> Accusation {
    Accusation(incarnation: incarnation, node: node, from: from)
  }

  @discardableResult
  mutating func callAsFunction(_ input: Swim.Input) -> [Swim.Effect] {
    var effects: [Swim.Effect] = []
    swim.handle(input, at: now, into: &effects)
    for case .wake(let time) in effects { wakeAt = time }
    return effects.filter { if case .wake = $0 { false } else { true } }
  }

  @discardableResult
  mutating func hear(_ messages: Message..., from number: Int = 9) -> [Swim.Effect] {
    self(.datagram(messages, from: Self.address(number)))
  }

  /// Lets time pass and serves the timer whenever it asks.
  @discardableResult
  mutating func pass(_ duration: Duration) -> [(after: Duration, effect: Swim.Effect)] {
    let start = now
    var happened: [(after: Duration, effect: Swim.Effect)] = []
    while let time = wakeAt, time <= start + duration {
      now = max(now, time)
      wakeAt = nil
      happened += self(.wake).map { (now - start, $0) }
    }
    now = start + duration
    return happened
  }

  struct NothingCame: Error {}

  /// Time passes until an effect matches; throws if none does within ten minutes.
  mutating func pass<Found>(until match: (Swim.Effect) -> Found?) throws -> (found: Found, after: Duration) {
    let start = now
    while let time = wakeAt, time <= start + .seconds(600) {
      now = max(now, time)
      wakeAt = nil
      for effect in self(.wake) { if let found = match(effect) { return (found, now - start) } }
    }
    throw NothingCame()
  }

  /// Time passes in which the shell serves nothing, as in a stopped process.
  mutating func stall(_ duration: Duration) { now += duration }

  /// Time passes until a direct ping goes out.
  mutating func passUntilPing() throws -> (ping: Ping, to: Swim.Address) {
    try pass { effect -> (ping: Ping, to: Swim.Address)? in
      guard case .send(let messages, let address) = effect, case .ping(let ping) = messages[0] else { return nil }
      return (ping, address)
    }.found
  }

  func state(_ name: String) -> MemberState? { swim.member(named: name)?.state }
}

extension [Swim.Effect] {
  var events: [MemberEvent] { compactMap { if case .event(let event) = $0 { event } else { nil } } }
  var ignored: [Ignored] { compactMap { if case .ignored(let reason) = $0 { reason } else { nil } } }
  var sent: [(messages: [Message], to: Swim.Address)] {
    compactMap { if case .send(let messages, let address) = $0 { (messages, address) } else { nil } }
  }
  var messages: [Message] { sent.flatMap(\.messages) }
}

extension [(after: Duration, effect: Swim.Effect)] {
  var effects: [Swim.Effect] { map(\.effect) }
  /// The messages about a member that were gossiped.
  func news(of name: String) -> [Message] {
    effects.messages.filter {
      switch $0 {
      case .alive(let claim): claim.node == name
      case .suspect(let claim), .dead(let claim): claim.node == name
      default: false
      }
    }
  }
}
