import Batch
import Clockwork
import JSON
import Testing

/// A pool read back from its logs and from those of running batches.
@Suite struct PoolRecoveryTests {
  private static let manifest = PoolManifest(
    id: PoolMachineTests.ids[0], name: "p", createdAt: Timestamp(milliseconds: 7), use: .once)

  /// Reads records as the logs of items and of uses.
  private static func read(_ items: [JournalRecord], uses: [ItemSettlement] = []) -> PoolRecovery {
    var recovery = PoolRecovery()
    var writer = RecordWriter()
    for record in items { record.write(into: &writer) }
    var scanner = RecordScanner()
    _ = scanner.take(writer.bytes) {
      recovery.takeItem($1, at: $0); return true
    }
    _ = scanner.finish {
      recovery.takeItem($1, at: $0); return true
    }
    recovery.endItems(scanner)
    writer = RecordWriter()
    JournalRecord.itemsSettled(uses).write(into: &writer)
    scanner = RecordScanner()
    _ = scanner.take(writer.bytes) {
      recovery.takeUse($1); return true
    }
    recovery.endUses(scanner)
    return recovery
  }

  private static func items(_ numbers: Range<UInt32>) -> [JournalRecord] {
    numbers.map { .item(number: $0, bytes: Array("\($0)".utf8)[...]) }
  }

  private static func pool(of count: UInt32) -> [JournalRecord] {
    [.pool(manifest.bytes[...])] + items(0..<count) + [.itemsAccepted(total: Int(count), addition: [])]
  }

  @Test("items without their end were promised to nobody; keys and the closing are known")
  func promised() {
    let addition = BatchManifest.Addition(key: "k", digest: .init(first: .max, second: 2, count: 3))
    var records = Self.pool(of: 3)
    records += Self.items(3..<5) + [.itemsAccepted(total: 5, addition: addition.bytes[...])]
    let recovery = Self.read(records + Self.items(5..<9))
    #expect(recovery.manifest == Self.manifest && recovery.count == 5 && recovery.additions == [addition])
    #expect(!recovery.isClosed && Self.read(records + [.poolClosed]).isClosed)
    #expect(recovery.pool().free == 5)
  }

  @Test("of several uses the latest counts, whoever tells it and in whatever order")
  func latest() {
    let uses = [
      ItemSettlement(ItemUse(item: 0, use: 1), .unsent), ItemSettlement(ItemUse(item: 1, use: 1), .used),
      ItemSettlement(ItemUse(item: 2, use: 1), .failed),
    ]
    for swaps in [false, true] {
      var recovery = Self.read(Self.pool(of: 6), uses: uses)
      let tales: [(ItemUse, ItemsEnd?)] = [
        (ItemUse(item: 0, use: 2), nil), (ItemUse(item: 0, use: 1), .unsent),
        (ItemUse(item: 2, use: 1), .failed), (ItemUse(item: 3, use: 1), .used), (ItemUse(item: 4, use: 1), nil),
      ]
      for (use, end) in swaps ? tales.reversed() : tales { recovery.noteTaken(use, end) }
      let pool = recovery.pool()
      #expect(pool.leased == 2 && pool.used == 2 && pool.free == 2 && pool.returned == 2, "\(pool)")
      #expect(recovery.unwritten == [ItemSettlement(ItemUse(item: 3, use: 1), .used)])
      #expect(recovery.isHeld(ItemUse(item: 0, use: 2)) && !recovery.isHeld(ItemUse(item: 0, use: 1)))
    }
  }

  @Test("where the last takes may be lost, as many items behind those that are known count as used")
  func lostTakes() {
    var recovery = Self.read(Self.pool(of: 8))
    recovery.noteTaken(ItemUse(item: 2, use: 1), nil)
    recovery.lostTakes = 3
    #expect(recovery.pool().free == 7, "nothing lacks")
    recovery.mayLackTakes = true
    let pool = recovery.pool()
    #expect(pool.leased == 1 && pool.used == 5 && pool.free == 2, "\(pool)")
    recovery.lostTakes = .max
    #expect(recovery.pool().free == 0)
  }

  @Test("an item of which there is no word, before others that were taken, is free; or used, if a word may be lost")
  func gap() {
    var recovery = Self.read(Self.pool(of: 4))
    recovery.noteTaken(ItemUse(item: 2, use: 1), nil)
    #expect(recovery.pool().free == 3)
    recovery.mayLackTakes = true
    let pool = recovery.pool()
    #expect(pool.free == 1 && pool.used == 2 && pool.leased == 1)
  }

  @Test("an item that failed too often stays given up; a word of an item that never came is nothing")
  func bounds() {
    var recovery = Self.read(
      Self.pool(of: 1), uses: [ItemSettlement(ItemUse(item: 0, use: 3, failures: 2), .failed)])
    recovery.noteTaken(ItemUse(item: .max, use: 1), .used)
    recovery.noteTaken(.none, .used)
    let pool = recovery.pool()
    #expect(pool.failed == 1 && pool.free == 0 && pool.used == 0)
  }
}
