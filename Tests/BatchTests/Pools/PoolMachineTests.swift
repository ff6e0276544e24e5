import Batch
import Clockwork
import Testing

/// Items joined into tasks, in no time and without a disk.
@Suite struct PoolMachineTests {
  static let ids = (0..<9).map { UUIDv7("0197a000-0000-7000-8000-00000000000\($0)")! }

  /// A machine, and what it asked for.
  private struct Bench {
    var machine = PoolMachine()
    var made: [UUIDv7: [[ItemUse]]] = [:]
    var settled: [ItemSettlement] = []
    var exhausted: [UUIDv7] = []

    mutating func feed(_ inputs: PoolMachine.Input...) {
      for input in inputs {
        var effects: [PoolMachine.Effect] = []
        machine.handle(input, into: &effects)
        for effect in effects {
          switch effect {
          case .make(let batch, let tasks): made[batch, default: []] += tasks
          case .settled(_, let settlements): settled += settlements
          case .exhausted(let batch, _): exhausted.append(batch)
          case .ignored: break
          }
        }
      }
    }

    mutating func take(_ batch: UUIDv7) -> [[ItemUse]] { made.removeValue(forKey: batch) ?? [] }
  }

  private static let (p, q, a, b, c) = (ids[0], ids[1], ids[2], ids[3], ids[4])

  @Test("a task takes one item of each pool, together or not at all")
  func joins() {
    var bench = Bench()
    bench.feed(.poolAdded(Self.p, Pool(.once)), .poolAdded(Self.q, Pool(.once)))
    bench.feed(.batchAdded(Self.a, pools: [Self.p, Self.q]), .room(Self.a, 10), .itemsAdded(Self.p, 3))
    #expect(bench.take(Self.a).isEmpty && bench.machine[Self.p]?.free == 3)
    #expect(bench.machine.missing(of: Self.a) == [Self.q])
    bench.feed(.itemsAdded(Self.q, 2))
    let tasks = bench.take(Self.a)
    #expect(tasks.map { $0.map(\.item) } == [[0, 0], [1, 1]])
    #expect(bench.machine[Self.p]?.free == 1 && bench.machine[Self.p]?.leased == 2)
  }

  @Test("no more is made than there is room for")
  func room() {
    var bench = Bench()
    bench.feed(.poolAdded(Self.p, Pool(.once)), .itemsAdded(Self.p, 100), .batchAdded(Self.a, pools: [Self.p]))
    #expect(bench.take(Self.a).isEmpty)
    bench.feed(.room(Self.a, 7))
    #expect(bench.take(Self.a).count == 7)
    bench.feed(.itemsAdded(Self.p, 5))
    #expect(bench.take(Self.a).isEmpty)
  }

  @Test("batches take turns, also over items that come one by one")
  func turns() {
    var bench = Bench()
    bench.feed(.poolAdded(Self.p, Pool(.once)))
    for batch in [Self.a, Self.b, Self.c] { bench.feed(.batchAdded(batch, pools: [Self.p]), .room(batch, 100)) }
    for _ in 0..<7 { bench.feed(.itemsAdded(Self.p, 1)) }
    #expect([Self.a, Self.b, Self.c].map { bench.made[$0]?.count } == [3, 2, 2])
    bench.feed(.itemsAdded(Self.p, 30))
    #expect([Self.a, Self.b, Self.c].compactMap { bench.made[$0]?.count }.reduce(0, +) == 37)
    #expect([Self.a, Self.b, Self.c].allSatisfy { (12...13).contains(bench.made[$0]?.count ?? 0) })
  }

  @Test("an item that goes back is free before fresh ones, as its next use; three failures give it up")
  func returns() {
    var bench = Bench()
    bench.feed(.poolAdded(Self.p, Pool(.once)), .itemsAdded(Self.p, 2), .batchAdded(Self.a, pools: [Self.p]))
    for round in 1...3 {
      bench.feed(.room(Self.a, 1))
      let tasks = bench.take(Self.a)
      #expect(tasks == [[ItemUse(item: 0, use: UInt16(round), failures: UInt8(round - 1))]])
      bench.feed(.made(Self.a, first: round, tasks), .ended(Self.a, [(round, .failed)]))
    }
    #expect(bench.machine[Self.p]?.failed == 1 && bench.machine[Self.p]?.returned == 2)
    #expect(bench.settled.map(\.use.use) == [1, 2, 3])
    bench.feed(.room(Self.a, 5))
    #expect(bench.take(Self.a) == [[ItemUse(item: 1, use: 1)]])
  }

  @Test("what was never sent goes back as often as it likes")
  func unsent() {
    var bench = Bench()
    bench.feed(.poolAdded(Self.p, Pool(.once)), .itemsAdded(Self.p, 1), .batchAdded(Self.a, pools: [Self.p]))
    for round in 1...20 {
      bench.feed(.room(Self.a, 1))
      let tasks = bench.take(Self.a)
      #expect(tasks.first?.first?.use == UInt16(round))
      bench.feed(.made(Self.a, first: round, tasks), .ended(Self.a, [(round, .unsent)]))
    }
    #expect(bench.machine[Self.p]?.free == 1)
  }

  @Test("tasks that were not made leave their items to others, who count the use as another one")
  func unmade() {
    var bench = Bench()
    bench.feed(.poolAdded(Self.p, Pool(.once)), .itemsAdded(Self.p, 3))
    bench.feed(.batchAdded(Self.a, pools: [Self.p]), .room(Self.a, 3))
    let tasks = bench.take(Self.a)
    bench.feed(.stopped(Self.a), .unmade(Self.a, tasks), .batchAdded(Self.b, pools: [Self.p]), .room(Self.b, 3))
    #expect(bench.take(Self.b) == (0..<3).map { [ItemUse(item: UInt32($0), use: 2)] })
  }

  @Test("a batch ends when a pool is closed and nothing of it is free or can come back")
  func exhaustion() {
    var bench = Bench()
    bench.feed(.poolAdded(Self.p, Pool(.once)), .itemsAdded(Self.p, 2))
    for batch in [Self.a, Self.b] { bench.feed(.batchAdded(batch, pools: [Self.p])) }
    bench.feed(.room(Self.a, 2), .poolClosed(Self.p))
    let tasks = bench.take(Self.a)
    bench.feed(.made(Self.a, first: 0, tasks), .ended(Self.a, [(0, .used)]))
    #expect(bench.exhausted.isEmpty, "the second may come back")
    bench.feed(.ended(Self.a, [(1, .failed)]))
    #expect(bench.exhausted.isEmpty && bench.machine[Self.p]?.free == 1)
    bench.feed(.room(Self.b, 1))
    let again = bench.take(Self.b)
    bench.feed(.made(Self.b, first: 0, again), .ended(Self.b, [(0, .used)]))
    #expect(bench.exhausted == [Self.a, Self.b])
    var empty = Bench()
    empty.feed(.poolAdded(Self.p, Pool()), .batchAdded(Self.a, pools: [Self.p]), .poolClosed(Self.p))
    #expect(empty.exhausted == [Self.a])
  }

  @Test("a lent item is held by so many tasks at a time, those lent the longest time ago first")
  func lent() {
    var bench = Bench()
    bench.feed(.poolAdded(Self.p, Pool(.lent(2))), .itemsAdded(Self.p, 2), .batchAdded(Self.a, pools: [Self.p]))
    bench.feed(.room(Self.a, 10), .poolClosed(Self.p))
    let tasks = bench.take(Self.a)
    #expect(tasks.map { $0[0].item } == [0, 1, 0, 1])
    #expect(bench.machine[Self.p]?.free == 0 && bench.machine[Self.p]?.leased == 4)
    bench.feed(.made(Self.a, first: 0, tasks), .ended(Self.a, [(1, .used), (3, .failed)]))
    #expect(bench.take(Self.a).map { $0[0].item } == [1, 1])
    #expect(bench.exhausted.isEmpty && bench.settled.isEmpty)
  }

  @Test(
    "whatever happens, an item is in one place and is used by one task at a time",
    arguments: 1...40 as ClosedRange<UInt64>)
  func random(seed: UInt64) {
    var world = World(seed: seed)
    for _ in 0..<400 { world.step() }
    world.finish()
  }

  /// Two pools and three batches that do things at random, and the checks beside them.
  private struct World {
    var random: SplitMix64
    var bench = Bench()
    /// By batch, tasks that run: index and items.
    var running: [UUIDv7: [(index: Int, items: [ItemUse])]] = [:]
    var next: [UUIDv7: Int] = [:]
    var used: Set<UInt32> = []
    var failures: [UInt32: Int] = [:]

    init(seed: UInt64) {
      random = SplitMix64(seed: seed)
      bench.feed(.poolAdded(p, Pool(.once)), .poolAdded(q, Pool(.lent(3))), .itemsAdded(q, 2))
      bench.feed(.batchAdded(a, pools: [p]), .batchAdded(b, pools: [p, q]), .batchAdded(c, pools: [q, p]))
    }

    mutating func step() {
      let batch = [a, b, c].randomElement(using: &random)!
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bench.feed(.itemsAdded(p, Int.random(in: 1...5, using: &random)))
      case 1: bench.feed(.room(batch, Int.random(in: 0...4, using: &random)))
      case 2: if !(running[batch] ?? []).isEmpty { end(batch) }
      default: make(batch)
      }
      check()
    }

    mutating func make(_ batch: UUIDv7) {
      let tasks = bench.take(batch)
      guard !tasks.isEmpty else { return }
      if Int.random(in: 0..<4, using: &random) == 0 { return bench.feed(.unmade(batch, tasks)) }
      let first = next[batch, default: 0]
      next[batch] = first + tasks.count
      running[batch, default: []] += tasks.enumerated().map { (first + $0, $1) }
      bench.feed(.made(batch, first: first, tasks))
    }

    mutating func end(_ batch: UUIDv7) {
      let place = Int.random(in: 0..<running[batch]!.count, using: &random)
      let task = running[batch]!.remove(at: place)
      let end = [ItemsEnd.used, .failed, .unsent].randomElement(using: &random)!
      let item = task.items[batch == c ? 1 : 0].item
      if end == .used { #expect(used.insert(item).inserted, "item \(item) was used twice") }
      if end == .failed { failures[item, default: 0] += 1 }
      #expect(failures[item, default: 0] <= 3)
      bench.feed(.ended(batch, [(task.index, end)]))
    }

    func check() {
      let pool = bench.machine[p]!
      #expect(pool.count == pool.free + pool.leased + pool.used + pool.failed)
      let held = running.flatMap { batch, tasks in tasks.map { $0.items[batch == c ? 1 : 0].item } }
      #expect(Set(held).count == held.count && used.isDisjoint(with: held))
      let lent = bench.machine[q]!
      #expect(lent.leased <= 6)
    }

    mutating func finish() {
      bench.feed(.poolClosed(p))
      for _ in 0..<10_000 where bench.exhausted.count < 3 {
        for batch in [a, b, c] {
          bench.feed(.room(batch, 10))
          make(batch)
          while !(running[batch] ?? []).isEmpty { end(batch) }
        }
        check()
      }
      let pool = bench.machine[p]!
      #expect(Set(bench.exhausted) == [a, b, c] && pool.used + pool.failed == pool.count)
      #expect(pool.used == used.count && bench.machine[q]!.leased == 0)
    }
  }
}
