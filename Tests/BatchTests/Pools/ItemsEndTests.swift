import Batch
import Clockwork
import Testing

/// What the scheduler knows of a task's effects, and what becomes of its items.
@Suite struct ItemsEndTests {
  /// The one result of a batch's first task.
  private static func end(_ driver: Driver, _ id: UUIDv7) -> ItemsEnd? {
    driver.ends[id]?[0]?.first.map { ItemsEnd($0) }
  }

  private static func fail(_ driver: inout Driver, _ code: ErrorCode, acted: Bool, retryable: Bool = false) {
    let json = Array(#"{"code":"\#(code.rawValue)","message":"no"}"#.utf8)[...]
    let error = AttemptError(code: code, json: json, isRetryable: retryable, mayHaveActed: acted)
    driver.take(.attempts(driver.open[0].id, [AttemptEnd(index: 0, outcome: .error(error))]))
  }

  @Test("a failure without effect gives items back, unless an attempt before may have acted")
  func failures() {
    var driver = Driver()
    driver.node("a")
    let clean = driver.batch(of: 1)
    Self.fail(&driver, .connect, acted: false)
    #expect(Self.end(driver, clean) == .failed)
    driver.end(driver.open[0], .finished)

    let acted = driver.batch(of: 1, attempts: 2)
    Self.fail(&driver, .httpStatus, acted: true, retryable: true)
    driver.end(driver.open[0], .finished)
    while driver.open.isEmpty, driver.wake() {}
    Self.fail(&driver, .connect, acted: false)
    #expect(Self.end(driver, acted) == .used)
    driver.end(driver.open[0], .finished)

    let wrong = driver.batch(of: 1)
    Self.fail(&driver, .badArguments, acted: false)
    #expect(Self.end(driver, wrong) == .used, "it would only fail again")
  }

  @Test("what was never sent gives its items back when it is cancelled; what was lost on its way does not")
  func cancelled() {
    var driver = Driver()
    let waiting = driver.batch(of: 1)
    driver.take(.cancel(waiting))
    #expect(Self.end(driver, waiting) == .unsent)

    driver.node("a")
    let refused = driver.batch(of: 1)
    driver.end(driver.open[0], .refused(retryAfter: .seconds(60)))
    driver.take(.cancel(refused))
    #expect(Self.end(driver, refused) == .unsent)

    driver.pass(.seconds(61))
    let lost = driver.batch(of: 1)
    driver.end(driver.open[0], .broken)
    driver.take(.cancel(lost))
    #expect(driver.status(lost, 0) == .cancelled && Self.end(driver, lost) == .used)
  }

  @Test("tasks that end when they come are counted and never sent")
  func refused() {
    var driver = Driver()
    driver.node("a")
    let id = driver.batch { $0.isOpen = true }
    var part = TaskTable()
    for _ in 0..<3 { part.append(type: "echo", repeatable: true) }
    part.restore(1, as: .error, attempts: 0)
    driver.take(.tasksAdded(id, part))
    #expect(driver.open.flatMap { $0.entries.map(\.index) }.sorted() == [0, 2])
    driver.drain()
    driver.take(.batchClosed(id))
    #expect(driver.ended[id]?.counts.ok == 2 && driver.ended[id]?.counts.error == 1)
  }
}
