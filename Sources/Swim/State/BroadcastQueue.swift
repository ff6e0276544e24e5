/// Messages to be gossiped, each a bounded number of times; at most one about each member, the newest.
///
/// What was sent least goes first; among equals the longest that fits; then the newest.
struct BroadcastQueue: Sendable {
  private struct Item: Sendable {
    let name: String
    let message: Message
    let byteCount: Int
    var transmits: Int
  }

  /// The items of one length that were sent equally often, oldest first.
  private struct Shelf: Sendable {
    let byteCount: Int
    var numbers: [UInt64]
  }

  private var items: [UInt64: Item] = [:]
  private var numbers: [String: UInt64] = [:]
  /// By the times sent; within, the longest first.
  private var tiers: [[Shelf]] = []
  /// How many were put in so far.
  private(set) var lastNumber: UInt64 = 0

  var isEmpty: Bool { items.isEmpty }
  var count: Int { items.count }

  func contains(_ name: String) -> Bool { numbers[name] != nil }

  /// Queues a message about a member in place of an earlier one.
  mutating func put(_ message: Message, about name: String) {
    if let old = numbers[name], let item = items.removeValue(forKey: old) { unshelve(old, item) }
    lastNumber += 1
    numbers[name] = lastNumber
    let item = Item(name: name, message: message, byteCount: message.encoded.count, transmits: 0)
    items[lastNumber] = item
    shelve(lastNumber, item)
  }

  /// Takes messages for one packet and counts them as sent once.
  ///
  /// - Parameters:
  ///   - room: bytes; each message takes its own and a part's length.
  ///   - limit: how often each is sent in all.
  mutating func take(room: Int, parts: Int, limit: Int) -> [Message] {
    var taken: [(number: UInt64, item: Item)] = []
    var room = room
    for tier in tiers.indices {
      var shelf = 0
      while shelf < tiers[tier].count, taken.count < parts {
        let size = tiers[tier][shelf].byteCount + Packet.partBytes
        while size <= room, taken.count < parts, let number = tiers[tier][shelf].numbers.popLast() {
          taken.append((number, items[number]!))
          room -= size
        }
        shelf += 1
      }
      tiers[tier].removeAll { $0.numbers.isEmpty }
    }
    for (number, item) in taken { countSent(number, item, limit: limit) }
    return taken.map(\.item.message)
  }

  private mutating func countSent(_ number: UInt64, _ item: Item, limit: Int) {
    guard item.transmits + 1 < limit else {
      items[number] = nil
      numbers[item.name] = nil
      return
    }
    items[number]!.transmits += 1
    shelve(number, items[number]!)
  }

  private mutating func shelve(_ number: UInt64, _ item: Item) {
    while tiers.count <= item.transmits { tiers.append([]) }
    let place = shelfPlace(item)
    if place == tiers[item.transmits].count || tiers[item.transmits][place].byteCount != item.byteCount {
      tiers[item.transmits].insert(Shelf(byteCount: item.byteCount, numbers: []), at: place)
    }
    let position = Self.position(of: number, in: tiers[item.transmits][place].numbers)
    tiers[item.transmits][place].numbers.insert(number, at: position)
  }

  private mutating func unshelve(_ number: UInt64, _ item: Item) {
    let place = shelfPlace(item)
    let position = Self.position(of: number, in: tiers[item.transmits][place].numbers)
    tiers[item.transmits][place].numbers.remove(at: position)
    if tiers[item.transmits][place].numbers.isEmpty { tiers[item.transmits].remove(at: place) }
  }

  /// Where the item's shelf is or belongs: after all longer ones.
  private func shelfPlace(_ item: Item) -> Int {
    let shelves = tiers[item.transmits]
    var (low, high) = (0, shelves.count)
    while low < high {
      let middle = (low + high) / 2
      if shelves[middle].byteCount > item.byteCount { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func position(of number: UInt64, in numbers: [UInt64]) -> Int {
    var (low, high) = (0, numbers.count)
    while low < high {
      let middle = (low + high) / 2
      if numbers[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
