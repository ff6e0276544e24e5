import Synchronization
import Testing

@testable import Loop

/// Guarded by: the loop's thread.
private final class Piece: Carried, @unchecked Sendable {
  private let body: @Sendable (Piece, isolated LoopIsolation) async -> Void
  private(set) var carrier: Carrier?
  private(set) var wasCancelled = false

  init(_ body: @escaping @Sendable (Piece, isolated LoopIsolation) async -> Void) { self.body = body }

  func isCarried(by carrier: Carrier) { self.carrier = carrier }

  func run(_ isolation: isolated LoopIsolation) async {
    await body(self, isolation)
    wasCancelled = Task.isCancelled
  }

  func wasCarried() { carrier = nil }
}

/// What the pieces note down. Guarded by: the loop's thread.
private final class Notes: @unchecked Sendable {
  var order: [Int] = []
  var carriers: Set<Carrier> = []
  var waiting: [UnsafeContinuation<Void, Never>] = []
  var count = 0
}

@Suite("Carriers") struct CarrierTests {
  private func on(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
    let loop = try EventLoop.start(name: "carriers")
    defer { loop.stop() }
    try await loop.spawn { try await body(loop) }.value
  }

  @Test("what does not suspend shares one Swift task, and is begun in the order in which it came")
  func shared() async throws {
    try await on { loop in
      let notes = Notes()
      for number in 0..<1000 {
        loop.carriers.start(
          Piece { piece, _ in
            notes.order.append(number)
            notes.carriers.insert(piece.carrier!)
          })
      }
      while notes.order.count < 1000 { await loop.yield() }
      #expect(notes.order == Array(0..<1000))
      // A turn's bound lets the first rest, and the next turn takes it up again.
      #expect(notes.carriers.count == 1)
    }
  }

  @Test("what suspends has a Swift task to itself, which is used again afterwards")
  func suspended() async throws {
    try await on { loop in
      let notes = Notes()
      func start(_ count: Int) {
        for _ in 0..<count {
          loop.carriers.start(
            Piece { piece, _ in
              notes.carriers.insert(piece.carrier!)
              await withUnsafeContinuation { notes.waiting.append($0) }
            })
        }
      }
      for _ in 0..<3 {
        start(10)
        while notes.waiting.count < 10 { await loop.yield() }
        for continuation in notes.waiting { continuation.resume() }
        notes.waiting = []
        for _ in 0..<20 { await loop.yield() }
      }
      #expect(notes.carriers.count == 10)
    }
  }

  @Test("one that was cancelled carries nothing else, so that nobody is born cancelled")
  func cancelled() async throws {
    try await on { loop in
      let notes = Notes()
      let first = Piece { piece, _ in
        piece.carrier?.cancel()
        notes.count += 1
      }
      let second = Piece { _, _ in notes.count += 1 }
      loop.carriers.start(first)
      loop.carriers.start(second)
      while notes.count < 2 { await loop.yield() }
      await loop.yield()
      #expect(first.wasCancelled && !second.wasCancelled)
    }
  }

  @Test("many that are started from a timer or an event leave the loop its other work")
  func turns() async throws {
    try await on { loop in
      let notes = Notes()
      var (largest, before) = (0, 0)
      loop.schedule(at: loop.now) {
        for _ in 0..<5000 { loop.carriers.start(Piece { _, _ in notes.count += 1 }) }
      }
      while notes.count < 5000 {
        await loop.yield()
        (largest, before) = (max(largest, notes.count - before), notes.count)
      }
      #expect(largest <= 2 * LoopLimits.startsPerTurn)
    }
  }
}
