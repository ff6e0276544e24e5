import Clockwork

/// What happens to a packet between two members, drawn from one generator.
struct VirtualNetwork {
  var loss = 0.0
  var duplicates = 0.0
  var latency: ClosedRange<Duration> = .microseconds(100) ... .milliseconds(2)

  private let count: Int
  /// `cuts[from * count + to]`: packets do not pass. Lone cuts and the partition are kept apart, so that healing the
  /// one leaves the other.
  private var cuts: [Bool]
  private var sides: [Bool]

  init(members: Int) {
    count = members
    cuts = Array(repeating: false, count: members * members)
    sides = Array(repeating: false, count: members)
  }

  func passes(from: Int, to: Int) -> Bool { !cuts[from * count + to] && sides[from] == sides[to] }

  var isPartitioned: Bool { sides.contains(true) }
  var hasCuts: Bool { cuts.contains(true) }

  mutating func setCut(from: Int, to: Int, _ isCut: Bool) { cuts[from * count + to] = isCut }

  mutating func partition(_ side: Set<Int>) { sides = (0..<count).map { side.contains($0) } }

  mutating func heal() { sides = Array(repeating: false, count: count) }

  /// When the copies of one datagram arrive, from now: none, one or two.
  func deliveries(from: Int, to: Int, using generator: inout SplitMix64) -> [Duration] {
    guard passes(from: from, to: to), !happens(loss, &generator) else { return [] }
    let copies = happens(duplicates, &generator) ? 2 : 1
    return (0..<copies).map { _ in delay(using: &generator) }
  }

  func delay(using generator: inout SplitMix64) -> Duration {
    latency.lowerBound + generator.jitter(upTo: latency.upperBound - latency.lowerBound)
  }

  private func happens(_ chance: Double, _ generator: inout SplitMix64) -> Bool {
    chance > 0 && Double.random(in: 0..<1, using: &generator) < chance
  }
}
