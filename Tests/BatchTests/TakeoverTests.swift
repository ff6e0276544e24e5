import Clockwork
import Testing

@testable import Batch

/// What a coordinator that is started again makes of what nodes hold.
@Suite struct TakeoverTests {
  private typealias Logs = BatchRecoveryTests
  /// Later ones have greater names.
  private static let shards = (1...3).map { UUIDv7("0197a000-0000-7000-8000-00000000001\($0)")! }

  /// Six tasks, of which the odd ones may not run twice; those were sent with the second shard.
  private static func recovery(sent indexes: [UInt32]) -> BatchRecovery {
    let logs = Logs.logs(total: 6, results: [], also: [.sent(shard: shards[1], node: "b", indexes: indexes)])
    return Logs.recover(logs.tasks.flatMap { $0 }, logs.results.flatMap { $0 })
  }

  private static func held(_ shard: Int, on node: String, _ indexes: [UInt32]) -> AdoptedShard {
    AdoptedShard(wireID: shards[shard], node: node, indexes: indexes)
  }

  @Test("a task that may not run twice is taken up in the shard that the log names, not where it was before")
  func laterShard() {
    let (table, ends) = Self.recovery(sent: [1]).takeOver(
      Logs.id, held: [Self.held(0, on: "a", [1, 2]), Self.held(1, on: "b", [1])], hasAnswered: { _ in true })
    #expect(table.adopted == [Self.held(1, on: "b", [1]), Self.held(0, on: "a", [2])])
    #expect(ends.isEmpty)
  }

  @Test("where only an earlier shard of it is held, it waits for the later one's node, or ends unknown")
  func earlierShard() {
    let held = [Self.held(0, on: "a", [1, 2])]
    let waiting = Self.recovery(sent: [1, 3]).takeOver(Logs.id, held: held, hasAnswered: { $0 == "a" })
    #expect(waiting.table.adopted == [Self.held(0, on: "a", [2]), Self.held(1, on: "b", [1, 3])])
    #expect(waiting.ends.isEmpty)
    let forgotten = Self.recovery(sent: [1, 3]).takeOver(Logs.id, held: held, hasAnswered: { _ in true })
    #expect(forgotten.table.adopted == [Self.held(0, on: "a", [2])])
    #expect(forgotten.ends.map(\.index) == [1, 3] && forgotten.ends.allSatisfy { $0.status == .unknown })
  }

  @Test("of several shards with a task, the latest comes first")
  func order() {
    let held = [0, 2, 1].map { Self.held($0, on: "a", [4]) }
    let (table, _) = Self.recovery(sent: []).takeOver(Logs.id, held: held, hasAnswered: { _ in true })
    #expect(table.adopted.map(\.wireID) == Self.shards.reversed())
  }
}
