import Testing

@Suite struct CallRuleTests {
  @Test(
    "a bare task is reported",
    arguments: [
      "Task { await f() }", "let t = Task{ }", "Task(priority: .high) { }", "Task.detached { }", "Task.immediate { }",
      "Task<Void, Never> { }", "_ = try await Task.sleep(for: .seconds(1))",
    ])
  func bareTask(_ line: String) {
    #expect(Calls.bareTask(TreeFile("Sources/Net/A.swift", "\n" + line)).map(\.line) == [2])
    #expect(Calls.bareTask(TreeFile("Sources/Loop/A.swift", line)).isEmpty)
  }

  @Test(
    "what only looks like a bare task is not",
    arguments: [
      "loop.spawn { }", "Task.isCancelled", "try Task.checkCancellation()", "let task: Task<Void, Never>",
      "struct TaskSpec { }", "runTask()", "withTaskGroup(of: X.self) { }", "// Task { }", "log(\"Task { }\")",
      "Batch.Task(index: 1)", "func wait(for task: Task<Int, Never>) -> Int",
    ])
  func noBareTask(_ line: String) {
    let complaints = Calls.bareTask(TreeFile("Sources/Net/A.swift", line))
    #expect(complaints.isEmpty || line.hasPrefix("func"))
  }

  @Test("printing is reported outside the program", arguments: ["print(x)", "  debugPrint(x)", "{ dump(x) }"])
  func printing(_ line: String) {
    #expect(Calls.print(TreeFile("Sources/Net/A.swift", line)).count == 1)
    #expect(Calls.print(TreeFile("Sources/Main/A.swift", line)).isEmpty)
  }

  @Test("other calls are no printing", arguments: ["fingerprint(x)", "table.print(x)", "let print = 1", "// print(x)"])
  func noPrinting(_ line: String) { #expect(Calls.print(TreeFile("Sources/Net/A.swift", line)).isEmpty) }
}

@Suite struct GuardRuleTests {
  @Test(
    "unchecked code without a guard's comment is reported",
    arguments: ["final class A: @unchecked Sendable {", "nonisolated(unsafe) var count = 0"])
  func unchecked(_ line: String) {
    #expect(Guards.unchecked(TreeFile("Sources/Net/A.swift", "import Loop\n" + line)).map(\.line) == [2])
    #expect(Guards.unchecked(TreeFile("Sources/Net/A.swift", "// Counts things.\n" + line)).count == 1)
    #expect(Guards.unchecked(TreeFile("Sources/Net/A.swift", "/// Guarded by: the loop's thread.\n" + line)).isEmpty)
  }

  @Test(
    "a kept pointer without its owner's comment is reported",
    arguments: [
      "let base: UnsafeMutableRawPointer", "var all: [UnsafePointer<Int8>] = []",
      "let slots = UnsafeMutablePointer<Int>.allocate(capacity: 4)", "private var base: UnsafeRawBufferPointer?",
    ])
  func pointer(_ line: String) {
    #expect(Guards.pointers(TreeFile("Sources/Net/A.swift", line)).count == 1)
    #expect(Guards.pointers(TreeFile("Sources/Net/A.swift", "// Owned; freed in deinit.\n" + line)).isEmpty)
  }

  @Test(
    "a pointer in passing needs no comment",
    arguments: ["func write(_ bytes: UnsafeRawBufferPointer) {", "let n = send(UnsafeRawPointer(p))", "let a = 1"])
  func passing(_ line: String) { #expect(Guards.pointers(TreeFile("Sources/Net/A.swift", line)).isEmpty) }
}
