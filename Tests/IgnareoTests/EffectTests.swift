import JSON
import Loop
import Net
import Testing

@testable import Ignareo

/// A user's task type that is not repeatable is never run again once it may have acted, whatever it failed with.
@Suite("What a task has done before it fails", .timeLimit(.minutes(2)))
struct EffectTests {
  /// Runs a task that makes its requests and then cannot connect, and tells how often it was begun.
  private func attempts(
    repeatable: Bool = false, _ body: @escaping @Sendable (Session, TaskContext) async throws -> Void
  ) async throws -> (begun: Int, failure: TaskFailure?) {
    var types = TaskTypes.builtIn
    types.register("order", repeatable: repeatable, summary: "orders, and fails") { (_: AnyJSON, context) -> Int in
      try await body(context.session(), context)
      throw TaskFailure(.connect, "nobody listens")
    }
    nonisolated(unsafe) var result: (Int, TaskFailure?) = (0, nil)
    try await withPool(types: types) { pool in
      let record = try pool.add(#"{"task":"order","attempts":2}"#)
      let outcome = try await pool.end(of: record)
      result = (record.attemptsBegun, outcome.failure)
    }
    return result
  }

  private func withShop(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
    let loop = try EventLoop.start(name: "shop")
    defer { loop.stop() }
    try await loop.spawn {
      let site = try Website(loop) { _, exchange in exchange.respond(status: 201) }
      defer { site.close() }
      try await body(site.url())
    }.value
  }

  @Test("an order that was placed is not placed again because a later request could not connect")
  func placed() async throws {
    try await withShop { url async throws in
      let once = try await attempts { session, _ in _ = try await session.post(url) }
      #expect(once.begun == 1)
      #expect(once.failure?.code == .connect && once.failure?.mayHaveTakenEffect == true)
      // Also by a task inside it.
      let inside = try await attempts { session, context in
        try await context.spawn { _ in _ = try await session.put(url) }.value
      }
      #expect(inside.begun == 1)
      let byName = try await attempts { _, context in
        _ = try await context.spawn("http", ["url": url, "method": "POST"]).value
      }
      #expect(byName.begun == 1)
      #expect(try await attempts(repeatable: true) { session, _ in _ = try await session.post(url) }.begun == 2)
    }
  }

  @Test("one that has only read is tried again")
  func onlyRead() async throws {
    try await withShop { url async throws in
      let read = try await attempts { session, _ in _ = try await session.get(url) }
      #expect(read.begun == 2 && read.failure?.mayHaveTakenEffect == false)
      let byName = try await attempts { _, context in _ = try await context.spawn("http", ["url": url]).value }
      #expect(byName.begun == 2)
    }
  }

  @Test("one whose order surely never left is tried again")
  func neverLeft() async throws {
    // Port 1 is nobody's.
    let refused = try await attempts { session, _ in _ = try await session.post("http://127.0.0.1:1/") }
    #expect(refused.begun == 2 && refused.failure?.mayHaveTakenEffect == false)
  }
}
