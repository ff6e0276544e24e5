import Clockwork

/// Members that the protocol has forgotten: still listed for an hour after their end, and the dead dialled for ever.
struct Departed: Sendable {
  private struct Entry: Sendable {
    var member: Member
    var isListed: Bool
  }

  private var entries: [Entry] = []
  private var places: [String: Int] = [:]
  private(set) var deadCount = 0

  var listed: [Member] { entries.filter(\.isListed).map(\.member) }

  func listed(_ name: String) -> Member? {
    guard let place = places[name], entries[place].isListed else { return nil }
    return entries[place].member
  }

  /// Returns the oldest one if it had to make room and was still listed.
  mutating func insert(_ member: Member) -> Member? {
    _ = remove(member.name)
    var unlisted: Member?
    if entries.count >= Swim.Limits.departedMembers {
      let oldest = entries[oldestPlace]
      if oldest.isListed { unlisted = oldest.member }
      remove(at: oldestPlace)
    }
    places[member.name] = entries.count
    entries.append(Entry(member: member, isListed: true))
    if member.state == .dead { deadCount += 1 }
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

  private var oldestPlace: Int { entries.indices.min { entries[$0].member.since < entries[$1].member.since }! }

  private mutating func remove(at place: Int) {
    if entries[place].member.state == .dead { deadCount -= 1 }
    places[entries[place].member.name] = nil
    entries.swapAt(place, entries.count - 1)
    entries.removeLast()
    if place < entries.count { places[entries[place].member.name] = place }
  }
}
