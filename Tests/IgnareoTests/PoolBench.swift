import Clockwork
import JSON
import Loop
import Testing

@testable import Ignareo

/// A pool on loops of its own, without an API; the body runs on the pool's loop.
func withPool(
  loops: Int = 1, capacity: Int = 100, types: TaskTypes = .builtIn, patience: Duration = .seconds(5),
  _ body: @escaping @Sendable (TaskPool) async throws -> Void
) async throws {
  let loops = try (0..<loops).map { try EventLoop.start(name: "pool-test-\($0)") }
  defer { for loop in loops { loop.stop() } }
  try await loops[0].spawn {
    let runners = loops.map { LoopRunner(loop: $0, types: types, log: .silent, patience: patience) }
    let pool = TaskPool(runners: runners, capacity: capacity, types: types, log: .silent)
    try await body(pool)
    pool.cancelAll()
    await withUnsafeContinuation { (idle: UnsafeContinuation<Void, Never>) in pool.drain { idle.resume() } }
    for runner in runners { runner.close() }
  }.value
}

/// Runs one task of a type of its own and gives its outcome.
func outcome<Value: Encodable & Sendable>(
  timeout: String = "60", _ body: @escaping @Sendable (TaskContext) async throws -> Value
) async throws -> TaskOutcome {
  var types = TaskTypes.builtIn
  types.register("probe", repeatable: true, summary: "a test") { (_: AnyJSON, context) in try await body(context) }
  nonisolated(unsafe) var result: TaskOutcome?
  try await withPool(types: types) { pool in
    result = try await pool.run(#"{"task":"probe","timeout_s":\#(timeout)}"#)
  }
  return try #require(result)
}

extension TaskPool {
  /// Registers a task that is written as its JSON text.
  func add(_ json: String) throws -> TaskRecord {
    let draft = try TaskDraft(try JSONValue.parse(json), types: types)
    try checkRoom(tasks: 1, bytes: draft.bytes)
    return register([draft])[0]
  }

  /// Waits for a task's end; two minutes are for ever here, with a sanitizer too.
  func end(of record: TaskRecord, sourceLocation: SourceLocation = #_sourceLocation) async throws -> TaskOutcome {
    let ended = await withUnsafeContinuation { (continuation: UnsafeContinuation<Bool, Never>) in
      _ = Join([record], for: .seconds(120), on: loop) { continuation.resume(returning: $0) }
    }
    try #require(ended, "the task is still \(record.state)", sourceLocation: sourceLocation)
    guard case .ended(let result) = record.state else { preconditionFailure("ended, yet \(record.state)") }
    return result.outcome
  }

  func run(_ json: String) async throws -> TaskOutcome { try await end(of: add(json)) }
}

extension TaskOutcome {
  var value: JSONValue? { if case .ok(let value) = self { value } else { nil } }
  var failure: TaskFailure? { if case .error(let failure) = self { failure } else { nil } }
  var isCancelled: Bool { if case .cancelled = self { true } else { false } }
}

/// Waits until something holds that the loop's events bring about; half a minute is for ever here.
func eventually(
  _ loop: EventLoop, _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation, _ holds: () -> Bool
) async throws {
  let deadline = MonotonicClock.now + .seconds(30)
  while !holds() {
    try #require(MonotonicClock.now < deadline, what, sourceLocation: sourceLocation)
    try await loop.sleep(for: .milliseconds(2))
  }
}

/// What tests note down from tasks on any loop.
actor Notebook {
  private(set) var lines: [String] = []
  func note(_ line: String) { lines.append(line) }
}
