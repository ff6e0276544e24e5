import Clockwork

/// What happens to a packet between two members, drawn from one generator.
struct VirtualNetwork {
  var loss = 0.0
  var duplicates = 0.0
  var reordered = 0.0
  var latency: ClosedRange<Duration> = .microseconds(100) ... .milliseconds(2)

  private struct Way: Hashable {
    let from: Int
    let to: Int
  }

  /// On these, packets do not pass; on the others, datagrams do not. Lone cuts and the partition are kept apart, since
  /// healing the one leaves the other.
  private var cuts: Set<Way> = []
  private var muted: Set<Way> = []
  private var sides: [Bool]

  /// How late a datagram may be that others overtake.
  private static let longestDelay = Duration.milliseconds(500)

  init(members: Int) { sides = Array(repeating: false, count: members) }

  func passes(from: Int, to: Int) -> Bool {
    sides[from] == sides[to] && (cuts.isEmpty || !cuts.contains(Way(from: from, to: to)))
  }

  /// Whether no partition keeps them apart.
  func sameSide(_ one: Int, _ other: Int) -> Bool { sides[one] == sides[other] }

  /// The two ends of each lone cut, one-way or of datagrams only.
  var lamePairs: [(Int, Int)] { cuts.union(muted).map { ($0.from, $0.to) } }

  /// Whether datagrams between them pass in both directions, if none is lost.
  func isWhole(between one: Int, _ other: Int) -> Bool {
    let ways = [Way(from: one, to: other), Way(from: other, to: one)]
    return sameSide(one, other) && ways.allSatisfy { !cuts.contains($0) && !muted.contains($0) }
  }

  var isClean: Bool {
    loss == 0 && reordered == 0 && cuts.isEmpty && muted.isEmpty && !isParted
  }

  mutating func setCut(from: Int, to: Int, _ isCut: Bool) {
    if isCut { cuts.insert(Way(from: from, to: to)) } else { cuts.remove(Way(from: from, to: to)) }
  }

  mutating func setMuted(from: Int, to: Int, _ isMuted: Bool) {
    if isMuted { muted.insert(Way(from: from, to: to)) } else { muted.remove(Way(from: from, to: to)) }
  }

  mutating func partition(_ side: Set<Int>) { sides = sides.indices.map { side.contains($0) } }

  var isParted: Bool { Set(sides).count > 1 }

  mutating func heal() { sides = Array(repeating: false, count: sides.count) }

  /// When the copies of one datagram arrive, from now: none, one or two.
  func deliveries(from: Int, to: Int, using generator: inout SplitMix64) -> [Duration] {
    guard passes(from: from, to: to), muted.isEmpty || !muted.contains(Way(from: from, to: to)),
      !generator.happens(loss)
    else { return [] }
    let copies = generator.happens(duplicates) ? 2 : 1
    return (0..<copies).map { _ in
      let late = generator.happens(reordered) ? generator.jitter(upTo: Self.longestDelay) : .zero
      return delay(using: &generator) + late
    }
  }

  /// When a stream's first bytes arrive, from now: after the handshake's three packets. As on Linux, a lost SYN is sent
  /// again after 1, 2, 4 … s.
  func connection(using generator: inout SplitMix64) -> Duration {
    let handshake = delay(using: &generator) + delay(using: &generator)
    return handshake + waiting(first: .seconds(1), packets: 2, &generator) + transfer(using: &generator)
  }

  /// When bytes on a stream arrive, from now: what is lost is sent again after 200, 400, 800 … ms.
  func transfer(using generator: inout SplitMix64) -> Duration {
    delay(using: &generator) + waiting(first: .milliseconds(200), packets: 1, &generator)
  }

  func delay(using generator: inout SplitMix64) -> Duration {
    latency.lowerBound + generator.jitter(upTo: latency.upperBound - latency.lowerBound)
  }

  /// What is lost for so long that a machine has given up anyhow is not awaited longer.
  private func waiting(first: Duration, packets: Int, _ generator: inout SplitMix64) -> Duration {
    var (wait, step) = (Duration.zero, first)
    while step < .seconds(60), (0..<packets).contains(where: { _ in generator.happens(loss) }) {
      wait += step
      step = step * 2
    }
    return wait
  }
}
