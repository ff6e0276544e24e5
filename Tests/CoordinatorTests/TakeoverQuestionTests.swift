import Clockwork
import HTTP
import JSON
import Loop
import Testing

@testable import Coordinator

/// What a coordinator that is started again makes of what nodes say, or do not say, when they are asked what they hold.
@Suite(.timeLimit(.minutes(2))) struct TakeoverQuestionTests {
  private static let both = #"[{"task":"worker"},{"task":"worker"},{"task":"echo"}]"#

  /// Runs a coordinator that comes after one whose three tasks are under way on n1, all in one shard.
  ///
  /// - Parameter story: gets the batch's path, its id and the shard's.
  private static func afterRestart(
    _ story:
      @escaping @Sendable (TestCoordinator, _ path: String, _ batch: String, _ shard: String) async throws -> Void
  ) async throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let sent = Answers()
    let path = try await TestCoordinator.run(in: folder.path) { coordinator in
      try coordinator.node("n1") { shard in
        shard.begin()
        sent.texts = [shard.id]
      }
      let path = try await coordinator.submit(both)
      _ = try await coordinator.wait(for: path) { $0["running"]?.int == 3 }
      try await coordinator.until { !sent.texts.isEmpty }
      return path
    }
    let batch = String(path.split(separator: "/").last ?? "")
    try await TestCoordinator.run(in: folder.path, expecting: ["n1"]) { coordinator in
      try await story(coordinator, path, batch, sent.texts[0])
    }
  }

  @Test("a node that could not say what it holds is asked again: nothing is unknown, and nothing runs twice")
  func askedAgain() async throws {
    try await Self.afterRestart { coordinator, path, batch, shard in
      let node = try coordinator.node("n1", held: [(shard, batch, [0, 1, 2])]) { _, exchange in
        RestartTests.complete(0..<3, on: exchange)
      }
      node.heldRefusals = 2
      let document = try await coordinator.done(path)
      #expect(document["ok"]?.int == 3 && document["unknown"]?.int == 0 && document["retried"]?.int == 0, "\(document)")
      #expect(node.begun.isEmpty && node.attaches == [0] && node.heldAsked == 3)
    }
  }

  @Test("what must not repeat and went to a node that cannot be asked in time is looked for there, not given up")
  func notAskedInTime() async throws {
    try await Self.afterRestart { coordinator, path, batch, shard in
      let node = try coordinator.node("n1", held: [(shard, batch, [0, 1, 2])]) { id, exchange in
        #expect(id == shard)
        RestartTests.complete(0..<3, on: exchange)
      }
      node.heldRefusals = .max
      try await coordinator.until { node.heldAsked == 2 }
      coordinator.service.dispatcher.release()
      let document = try await coordinator.done(path)
      #expect(document["ok"]?.int == 3 && document["unknown"]?.int == 0, "\(document)")
      // Nobody knows of the one that may repeat where it is.
      #expect(node.begun == [2] && node.attaches == [0])
    }
  }

  @Test("an answer of a node's life before this one says nothing of this one")
  func earlierLife() async throws {
    try await Self.afterRestart { coordinator, path, batch, shard in
      let takeover = coordinator.service.dispatcher.takeover
      let first = try #require(takeover.beginInquiry(of: "n1"))
      #expect(takeover.beginInquiry(of: "n1") == nil && takeover.isCurrent(first, of: "n1"))
      coordinator.service.dispatcher.nodeGone("n1")
      let second = try #require(takeover.beginInquiry(of: "n1"))
      #expect(!takeover.isCurrent(first, of: "n1") && takeover.isCurrent(second, of: "n1"))
      #expect(!takeover.isReady)
      #expect(takeover.take([], of: "n1") == [] && takeover.isReady)
    }
  }

  @Test("shards of a later epoch, sent when the clock was ahead, are held all the same, and taken up under one later")
  func laterEpoch() async throws {
    try await Self.afterRestart { coordinator, path, batch, shard in
      let node = try coordinator.node("n1", held: [(shard, batch, [0, 1, 2])]) { _, exchange in
        RestartTests.complete(0..<3, on: exchange)
      }
      let epoch = Int(WallClock.now.milliseconds) + 3_600_000
      let held = #""id":"\#(shard)","batch":"\#(batch)","epoch":\#(epoch),"ended":0,"indexes":[0,1,2],"attached":false"#
      node.held = #"{"shards":[{\#(held)}]}"#
      let document = try await coordinator.done(path)
      #expect(document["ok"]?.int == 3 && document["unknown"]?.int == 0 && document["retried"]?.int == 0, "\(document)")
      #expect(node.begun.isEmpty && node.epochs == [epoch + 1])
    }
  }

  @Test("a shard that this process has sent itself is none from before, whatever its epoch")
  func ownShard() async throws {
    try await Self.afterRestart { coordinator, path, batch, shard in
      let dispatcher = coordinator.service.dispatcher
      dispatcher.release()
      let node = try coordinator.node("n2") { $0.begin() }
      try await coordinator.until { node.begun == [2] && node.heldAsked == 1 }
      let held = #""batch":"\#(batch)","ended":0,"indexes":[2],"attached":true"#
      let ids = [(node.shards[0].id, node.epochs[0] + 1), ("0197a000-0000-7000-8000-000000000001", 1)]
      let list = ids.map { #"{"id":"\#($0)","epoch":\#($1),\#(held)}"# }
      node.held = #"{"shards":[\#(list.joined(separator: ","))]}"#
      dispatcher.takeover.forget("n2")
      dispatcher.nodeSeen(node.report, at: node.authority)
      try await coordinator.until { node.heldAsked == 2 && !node.forgotten.isEmpty }
      #expect(node.forgotten == [ids[1].0])
      node.shards[0].completeAll()
      _ = try await coordinator.wait(for: path) { $0["ok"]?.int == 1 }
    }
  }
}
