import Clockwork

/// Members that the protocol has forgotten: still listed for an hour after their end, and the dead dialled for ever.
struct Departed: Sendable {
  private struct Entry: Sendable {
    var member: Member
    var isListed: Bool
    var arrival: UInt64
  }

  private static let widestLook = 8

  private var entries: [Entry] = []
  private var places: [String: Int] = [:]
  /// Who came when, the first one first: a search for the oldest would cost each newcomer a walk through all. Who was
  /// removed is still in it, with an arrival that is nobody's.
  private var arrivals: [(name: String, arrival: UInt64)] = []
  /// What lies before it in `arrivals` is done with.
  private var firstArrival = 0
  private var lastArrival: UInt64 = 0
  private(set) var deadCount = 0

  var count: Int { entries.count }

  var listed: [Member] { entries.filter(\.isListed).map(\.member) }

  func listed(_ name: String) -> Member? {
    guard let place = places[name], entries[place].isListed else { return nil }
    return entries[place].member
  }

  /// Returns the one that came first if it had to make room and was still listed.
  mutating func insert(_ member: Member) -> Member? {
    _ = remove(member.name)
    var unlisted: Member?
    if entries.count >= Swim.Limits.departedMembers, let place = takeOldest() {
      if entries[place].isListed { unlisted = entries[place].member }
      remove(at: place)
    }
    lastArrival += 1
    places[member.name] = entries.count
    entries.append(Entry(member: member, isListed: true, arrival: lastArrival))
    arrivals.append((member.name, lastArrival))
    if member.state == .dead { deadCount += 1 }
    compactArrivals()
    return unlisted
  }

  mutating func remove(_ name: String) -> Bool {
    guard let place = places[name] else { return false }
    remove(at: place)
    return true
  }

  /// Takes off the list what ended before `moment`: the left go, the dead stay to be dialled. Returns what went off.
  mutating func unlist(endedBefore moment: Instant) -> [Member] {
    var gone: [Member] = []
    for place in entries.indices.reversed() where entries[place].isListed && entries[place].member.since < moment {
      gone.append(entries[place].member)
      if entries[place].member.state == .dead { entries[place].isListed = false } else { remove(at: place) }
    }
    return gone
  }

  func randomDead(using generator: inout SplitMix64) -> Member? {
    guard deadCount > 0 else { return nil }
    let wanted = Int.random(in: 0..<deadCount, using: &generator)
    return entries.lazy.filter { $0.member.state == .dead }.dropFirst(wanted).first?.member
  }

  /// One of the last dead to come, the very last most often: of the last one, two, four … or 256, each as likely. Those
  /// that come together are cut off together, and nobody knows how many they are.
  func recentDead(using generator: inout SplitMix64) -> Member? {
    let wanted = 1 << Int.random(in: 0...Self.widestLook, using: &generator)
    var recent: [Member] = []
    for (name, arrival) in arrivals[firstArrival...].reversed() {
      guard recent.count < wanted else { break }
      guard let place = places[name], entries[place].arrival == arrival else { continue }
      if entries[place].member.state == .dead { recent.append(entries[place].member) }
    }
    return recent.randomElement(using: &generator)
  }

  private mutating func takeOldest() -> Int? {
    while firstArrival < arrivals.count {
      let (name, arrival) = arrivals[firstArrival]
      firstArrival += 1
      if let place = places[name], entries[place].arrival == arrival { return place }
    }
    return nil
  }

  /// When most of the queue is done with: each arrival is moved about once in all.
  private mutating func compactArrivals() {
    guard arrivals.count > 2 * entries.count + 64 else { return }
    arrivals = arrivals[firstArrival...].filter { entry in
      places[entry.name].map { entries[$0].arrival == entry.arrival } ?? false
    }
    firstArrival = 0
  }

  private mutating func remove(at place: Int) {
    if entries[place].member.state == .dead { deadCount -= 1 }
    places[entries[place].member.name] = nil
    entries.swapAt(place, entries.count - 1)
    entries.removeLast()
    if place < entries.count { places[entries[place].member.name] = place }
  }
}
