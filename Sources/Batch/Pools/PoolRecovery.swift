import JSON

/// Reads a pool back from its logs, that of items and then that of their uses, and takes in what the logs of running
/// batches say of its items.
///
/// What was never promised (items without their `itemsAccepted`) is left out. Of several uses of an item the latest
/// counts, so that it does not matter which log told of it, or that two did.
package struct PoolRecovery: Sendable {
  private enum State: UInt8 { case fresh, leased, used, back }

  /// Four bytes an item, until the machine has its pool.
  private struct Item: Sendable {
    var use: UInt16 = 0
    var failures: UInt8 = 0
    var state = State.fresh.rawValue
  }

  /// Nil where there is no pool.
  package private(set) var manifest: PoolManifest?
  package private(set) var isClosed = false
  package private(set) var places = SparsePlaces()
  /// The end of what was promised: what is behind it is to be cut off before more is written.
  package private(set) var promisedEnd = 0
  /// The keys of the calls that brought items, the oldest first.
  package private(set) var additions: [BatchManifest.Addition] = []
  /// What was lost, for people; empty for nothing.
  package private(set) var damage: [String] = []
  /// Whether a batch may have taken items without a word of it being left: what lies between others that were taken
  /// counts as used, for it may be.
  package var mayLackTakes = false
  /// How many takes there may have been of which no word is left: items are taken in their order, so that as many
  /// behind the last one that is known to be taken count as used as well.
  package var lostTakes = 0

  /// Items that were written; those below `count` are promised.
  private var written = 0
  package private(set) var count = 0
  private var items: [Item] = []
  private var returned = 0
  /// Ends of uses that the log of uses lacks.
  package private(set) var unwritten: [ItemSettlement] = []

  package init() {}

  package mutating func takeItem(_ payload: ArraySlice<UInt8>, at offset: Int) {
    let end = offset + RecordFrame.headBytes + payload.count
    switch JournalRecord(payload) {
    case .pool(let bytes)?:
      manifest = PoolManifest(bytes) ?? manifest
      promisedEnd = end
    case .item(let number, _)?:
      guard Int(number) >= written else { return }
      written = Int(number) + 1
      places.note(Int(number), at: offset)
    case .itemsAccepted(let total, let bytes)?:
      (count, written, promisedEnd) = (total, max(written, total), end)
      if let addition = BatchManifest.Addition(bytes) { additions.append(addition) }
    case .poolClosed?: (isClosed, promisedEnd) = (true, end)
    default: break
    }
  }

  /// - Parameter scanner: what read the log, at its end.
  package mutating func endItems(_ scanner: RecordScanner) {
    places.cut(at: promisedEnd)
    note(scanner, in: "items.log")
  }

  package mutating func takeUse(_ payload: ArraySlice<UInt8>) {
    guard case .itemsSettled(let settlements)? = JournalRecord(payload) else { return }
    for settlement in settlements { _ = note(settlement.use, settlement.end) }
  }

  package mutating func endUses(_ scanner: RecordScanner) {
    note(scanner, in: "uses.log")
    if !scanner.damage.isEmpty { mayLackTakes = true }
  }

  private mutating func note(_ scanner: RecordScanner, in log: String) {
    guard let first = scanner.damage.first else { return }
    damage.append("\(scanner.damagedBytes) bytes of \(log) are damaged, from byte \(first.offset) on")
  }

  /// What a running batch tells of an item that one of its tasks took. Once the batch has ended nobody reads it again:
  /// what the pool's own log lacks is to be written there.
  package mutating func noteTaken(_ use: ItemUse, _ end: ItemsEnd?) {
    guard note(use, end), let end else { return }
    unwritten.append(ItemSettlement(use, end))
  }

  /// A use of an item: over, or not yet where `end` is nil.
  ///
  /// - Returns: whether that was not known.
  private mutating func note(_ use: ItemUse, _ end: ItemsEnd?) -> Bool {
    let place = Int(use.item)
    guard use.use > 0, place < max(written, count) else { return false }
    if items.count <= place { items += repeatElement(Item(), count: place + 1 - items.count) }
    guard use.use > items[place].use || use.use == items[place].use && items[place].state == State.leased.rawValue
    else { return false }
    items[place].use = use.use
    items[place].failures = use.failures
    switch end {
    case nil: items[place].state = State.leased.rawValue
    case .used?: items[place].state = State.used.rawValue
    case .unsent?, .failed?:
      if end == .failed { items[place].failures += 1 }
      items[place].state = State.back.rawValue
      returned += 1
    }
    return true
  }

  /// Whether this use is the item's latest, and not over.
  package func isHeld(_ use: ItemUse) -> Bool {
    let place = Int(use.item)
    if use.use == 0 { return place < count }
    return place < items.count && items[place].use == use.use && items[place].state == State.leased.rawValue
  }

  /// The pool as the machine knows it; what running batches hold of one that lends comes later.
  package func pool() -> Pool {
    var pool = Pool(manifest?.use ?? .undecided)
    pool.isClosed = isClosed
    guard !pool.isLent else {
      pool.add(count)
      return pool
    }
    pool.count = count
    let taken = min(count, items.count + min(count, mayLackTakes ? lostTakes : 0))
    pool.next = UInt32(taken)
    for number in 0..<taken {
      let item = number < items.count ? items[number] : Item()
      switch State(rawValue: item.state) ?? .used {
      case .leased: pool.leased += 1
      case .used: pool.used += 1
      case .fresh where mayLackTakes: pool.used += 1
      case .fresh: pool.back.append(ItemUse(item: UInt32(number)))
      case .back: pool.note(ItemUse(item: UInt32(number), use: item.use, failures: item.failures), .unsent)
      }
    }
    pool.returned = max(0, returned - pool.failed)
    return pool
  }
}
