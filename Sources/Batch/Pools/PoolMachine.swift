package import Clockwork

/// Joins items of pools into tasks: a batch's next task takes one item of each pool that it names, as soon as all of
/// them have one.
///
/// A machine: inputs in, effects out. It knows items by their numbers alone. Its rules:
/// - **All or nothing.** Items are taken for a task together or not at all, so that two batches that want the same
///   pools never wait for each other.
/// - **Turns.** Of several batches that could make a task, the one goes next that was served the longest time ago.
/// - **Room.** A batch makes no more tasks than its shell has room for: what is not made stays in the pools, for
///   others.
/// - **Ends.** An item is used up with its task's end, unless that had surely no effect: then it is free again, before
///   fresh ones. Whoever restarts reads the uses of an item in any order: the latest use counts.
/// - **Exhaustion.** A batch ends when one of its pools is closed and empty, and nothing that tasks hold of it can come
///   back.
package struct PoolMachine: Sendable {
  package enum Input: Sendable {
    /// A new pool, or one as it was read from its log.
    case poolAdded(UUIDv7, Pool)
    /// How the items of a pool are used is known now.
    case use(UUIDv7, Pool.Use)
    case itemsAdded(UUIDv7, Int)
    case poolClosed(UUIDv7)
    case poolRemoved(UUIDv7)
    /// A batch that takes from these pools, in this order.
    case batchAdded(UUIDv7, pools: [UUIDv7])
    /// Tasks that an earlier coordinator made and that have no result: their items, by index.
    case held(UUIDv7, [(index: Int, items: [ItemUse])])
    /// So many tasks may be made for the batch from here on.
    case room(UUIDv7, Int)
    /// Tasks whose items were taken are durable: the first has this index.
    case made(UUIDv7, first: Int, [[ItemUse]])
    /// They were not made.
    case unmade(UUIDv7, [[ItemUse]])
    /// Tasks have their results.
    case ended(UUIDv7, [(index: Int, end: ItemsEnd)])
    /// Nothing more is made for the batch.
    case stopped(UUIDv7)
    /// All tasks of the batch have ended.
    case batchEnded(UUIDv7)
  }

  package enum Effect: Sendable, Equatable {
    /// Make tasks of these items: each has one of each of the batch's pools.
    case make(UUIDv7, [[ItemUse]])
    /// Uses of a pool's items are over: to be kept with the pool.
    case settled(UUIDv7, [ItemSettlement])
    /// A pool of the batch is closed and empty: the batch gets no more.
    case exhausted(UUIDv7, pool: UUIDv7)
    /// The input spoke of what is not here.
    case ignored
  }

  private struct Taker: Sendable {
    let id: UUIDv7
    let pools: [UUIDv7]
    var room = 0
    /// Number of the latest task that was made for it, over all batches.
    var servedAt: UInt64 = 0
    /// By index, what tasks without a result hold.
    var leases: [Int: [ItemUse]] = [:]
    var isTaking = true
  }

  private var pools: [UUIDv7: Pool] = [:]
  private var takers: [Int: Taker] = [:]
  private var takerNumbers: [UUIDv7: Int] = [:]
  private var takersSeen = 0
  private var served: UInt64 = 0
  /// Batches that may be able to make a task now, or may have ended.
  private var due: Set<Int> = []

  package init() {}

  package subscript(pool: UUIDv7) -> Pool? { pools[pool] }

  /// Batches that take from the pool or hold items of it.
  package func batches(of pool: UUIDv7) -> [UUIDv7] {
    takers.values.filter { $0.pools.contains(pool) }.map(\.id).sorted()
  }

  /// Whether tasks are still made for the batch.
  package func isTaking(_ batch: UUIDv7) -> Bool { number(batch).map { takers[$0]?.isTaking ?? false } ?? false }

  /// Pools of the batch that have no item to give now.
  package func missing(of batch: UUIDv7) -> [UUIDv7] {
    guard let taker = number(batch).flatMap({ takers[$0] }), taker.isTaking else { return [] }
    return taker.pools.filter { pools[$0].map { $0.free == 0 } ?? true }
  }

  package mutating func handle(_ input: Input, into effects: inout [Effect]) {
    switch input {
    case .poolAdded(let id, let pool):
      pools[id] = pool
      touch(id)
    case .use(let id, let use): change(id, into: &effects) { $0.use = use }
    case .itemsAdded(let id, let count): change(id, into: &effects) { $0.add(count) }
    case .poolClosed(let id): change(id, into: &effects) { $0.isClosed = true }
    case .poolRemoved(let id): pools[id] = nil
    case .batchAdded(let id, let pools): add(id, pools)
    case .held(let id, let tasks): hold(id, tasks)
    case .room(let id, let room):
      guard let number = number(id) else { break }
      takers[number]?.room = room
      due.insert(number)
    case .made(let id, let first, let tasks):
      guard let number = number(id) else { break }
      for (place, items) in tasks.enumerated() { takers[number]?.leases[first + place] = items }
    case .unmade(let id, let tasks): unmake(id, tasks)
    case .ended(let id, let ends): settle(id, ends, into: &effects)
    case .stopped(let id): if let number = number(id) { stop(number) }
    case .batchEnded(let id): remove(id, into: &effects)
    }
    endExhausted(into: &effects)
    make(into: &effects)
  }

  private func number(_ batch: UUIDv7) -> Int? { takerNumbers[batch] }

  private mutating func touch(_ pool: UUIDv7) { due.formUnion(pools[pool]?.takers ?? []) }

  private mutating func change(_ id: UUIDv7, into effects: inout [Effect], _ body: (inout Pool) -> Void) {
    guard pools[id] != nil else { return effects.append(.ignored) }
    body(&pools[id]!)
    touch(id)
  }

  // MARK: Batches

  private mutating func add(_ id: UUIDv7, _ sources: [UUIDv7]) {
    takersSeen += 1
    // It is served as late as those that were here before.
    takers[takersSeen] = Taker(id: id, pools: sources, servedAt: served)
    takerNumbers[id] = takersSeen
    for source in sources { pools[source]?.takers.insert(takersSeen) }
    due.insert(takersSeen)
  }

  private mutating func stop(_ number: Int) {
    takers[number]?.isTaking = false
    for source in takers[number]?.pools ?? [] { pools[source]?.takers.remove(number) }
    due.remove(number)
  }

  private mutating func remove(_ id: UUIDv7, into effects: inout [Effect]) {
    guard let number = number(id), let taker = takers[number] else { return }
    // A damaged batch may have ended without telling of each of its tasks.
    settle(id, taker.leases.keys.sorted().map { ($0, .used) }, into: &effects)
    stop(number)
    takers[number] = nil
    takerNumbers[id] = nil
  }

  private mutating func hold(_ id: UUIDv7, _ tasks: [(index: Int, items: [ItemUse])]) {
    guard let number = number(id), let sources = takers[number]?.pools else { return }
    for (index, items) in tasks where items.count == sources.count {
      takers[number]?.leases[index] = items
      for (item, source) in zip(items, sources) where item != .none && pools[source]?.isLent == true {
        pools[source]?.lend(item.item)
      }
    }
  }

  // MARK: Items

  private mutating func unmake(_ id: UUIDv7, _ tasks: [[ItemUse]]) {
    guard let number = number(id), let sources = takers[number]?.pools else { return }
    for (item, source) in tasks.lazy.flatMap({ zip($0, sources) }) { pools[source]?.untake(item) }
    for source in sources { touch(source) }
  }

  private mutating func settle(_ id: UUIDv7, _ ends: [(index: Int, end: ItemsEnd)], into effects: inout [Effect]) {
    guard let number = number(id), let sources = takers[number]?.pools else { return }
    var settled = sources.map { _ in [ItemSettlement]() }
    for (index, end) in ends {
      guard let items = takers[number]?.leases.removeValue(forKey: index) else { continue }
      for (place, item) in items.enumerated() where item != .none {
        guard pools[sources[place]]?.settle(item, end) == true else { continue }
        settled[place].append(ItemSettlement(item, end))
      }
    }
    for (source, settlements) in zip(sources, settled) {
      if !settlements.isEmpty { effects.append(.settled(source, settlements)) }
      touch(source)
    }
  }

  private mutating func endExhausted(into effects: inout [Effect]) {
    for number in due.sorted() {
      guard let taker = takers[number] else { continue }
      // A pool that is not there, for its log cannot be read, has nothing more.
      guard let empty = taker.pools.first(where: { pools[$0].map(\.isExhausted) ?? true }) else { continue }
      stop(number)
      effects.append(.exhausted(taker.id, pool: empty))
    }
  }

  // MARK: Turns

  private func canMake(_ number: Int) -> Bool {
    guard let taker = takers[number], taker.isTaking, taker.room > 0 else { return false }
    return taker.pools.allSatisfy { pools[$0].map { $0.free > 0 } ?? false }
  }

  /// Makes what can be made, one task a batch and round. What cannot make one now cannot later in the same call: pools
  /// only get emptier.
  private mutating func make(into effects: inout [Effect]) {
    guard !due.isEmpty else { return }
    var line = due.filter(canMake).sorted { (takers[$0]!.servedAt, $0) < (takers[$1]!.servedAt, $1) }
    due.removeAll()
    guard !line.isEmpty else { return }
    let all = line
    var made: [Int: [[ItemUse]]] = [:]
    while !line.isEmpty {
      line.removeAll { number in
        guard canMake(number), let sources = takers[number]?.pools else { return true }
        served += 1
        takers[number]?.servedAt = served
        takers[number]?.room -= 1
        made[number, default: []].append(sources.map { pools[$0]!.take() })
        return false
      }
    }
    for number in all {
      if let tasks = made[number], let id = takers[number]?.id { effects.append(.make(id, tasks)) }
    }
  }
}
