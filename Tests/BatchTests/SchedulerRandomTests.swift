import Batch
import Clockwork
import Testing

@Suite struct SchedulerRandomTests {
  @Test(
    "whatever fails, each task has one result, none that must not repeat starts twice, and every batch ends",
    arguments: UInt64(1)...30)
  func world(seed: UInt64) {
    _ = Self.run(seed)
  }

  @Test("the random worlds do start stragglers a second time")
  func hedges() {
    #expect([102].map(Self.run).reduce(0) { $0 + $1.hedged } > 0)
  }

  private static func run(_ seed: UInt64) -> World {
    var world = World(seed: seed)
    for name in ["n0", "n1", "n2"] { world.addNode(name) }
    for step in 0..<3_000 {
      if step % 100 == 0 { world.addBatch(Int.random(in: 0...60, using: &world.random)) }
      if step % 40 == 39 { world.disturb() }
      if step % 70 == 69 { world.addTasks() }
      if step % 200 == 199 { world.closeOne() }
      if step % 900 == 899 { world.cancelSome() }
      guard world.complaints.isEmpty, world.step() || step < 2_900 else { break }
    }
    world.heal()
    var steps = 0
    while world.complaints.isEmpty, world.ended.count < world.sizes.count, steps < 200_000, world.step() { steps += 1 }
    #expect(world.complaints == [], "seed \(seed)")
    #expect(world.ended.count == world.sizes.count, "seed \(seed): a batch did not end")
    for (batch, size) in world.sizes { #expect(world.results[batch]?.count ?? 0 == size, "seed \(seed)") }
    #expect(world.scheduler.batchCount == 0)
    return world
  }
}
