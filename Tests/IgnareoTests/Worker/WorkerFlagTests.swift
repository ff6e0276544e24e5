import Gossip
import JSON
import Testing

@testable import Ignareo

@Suite("--worker") struct WorkerFlagTests {
  @Test("workers are read with their sizes, and whatever else is in a command stays in it")
  func sizes() throws {
    let workers = try NodeConfiguration.parse([
      "--worker", "a.b=python3 x.py --flag=1 'q q' | cat", "--worker=c=FOO=1 ./c", "--worker-processes", "c=3",
      "--worker-tasks", "c=10000", "--worker-processes=a.b=1",
    ]).workers
    #expect(workers.map(\.name) == ["a.b", "c"])
    #expect(workers.map(\.command) == ["python3 x.py --flag=1 'q q' | cat", "FOO=1 ./c"])
    #expect(workers.map(\.processes) == [1, 3] && workers.map(\.tasksPerProcess) == [1, 10_000])
    let plain = try NodeConfiguration.parse(["--worker", "x=y"]).workers[0]
    #expect(plain.processes == max(2, NodeConfiguration.cores) && plain.tasksPerProcess == 1)
    #expect(plain.timeout == .seconds(3600) && !plain.isRepeatable)
  }

  @Test("the environment gives one a line")
  func environment() throws {
    let variables = [
      "IGNAREO_WORKER": "a=one, two\nb=three", "IGNAREO_WORKER_PROCESSES": "a=5\nb=6", "IGNAREO_WORKER_TASKS": "b=7",
    ]
    let flags = try FlagScanner(NodeConfiguration.declarations).scan([]) { variables[$0] }
    let workers = try NodeConfiguration(flags: flags).workers
    #expect(workers.map(\.command) == ["one, two", "three"])
    #expect(workers.map(\.processes) == [5, 6] && workers.map(\.tasksPerProcess) == [1, 7])
    let bad = try FlagScanner(NodeConfiguration.declarations).scan([]) { $0 == "IGNAREO_WORKER" ? "a" : nil }
    let error = #expect(throws: UsageError.self) { try NodeConfiguration(flags: bad) }
    #expect(error?.text.hasPrefix("IGNAREO_WORKER: 'a'") == true)
  }

  @Test(
    "what cannot be meant is one line that names flag and cause",
    arguments: [
      (["--worker", "a"], "--worker", "NAME=COMMAND"), (["--worker", "=x"], "--worker", "NAME=COMMAND"),
      (["--worker", "a="], "--worker", "command"), (["--worker", "a=  "], "--worker", "command"),
      (["--worker", "a b=x"], "--worker", "'a b'"), (["--worker", "ä=x"], "--worker", "letters"),
      (["--worker", "http=x"], "--worker", "'http'"), (["--worker", "a=x", "--worker", "a=y"], "--worker", "twice"),
      (["--worker-processes", "a=2"], "--worker-processes", "'a'"),
      (["--worker", "a=x", "--worker-processes", "b=2"], "--worker-processes", "'b'"),
      (["--worker", "a=x", "--worker-processes", "a=0"], "--worker-processes", "1 to 1024"),
      (["--worker", "a=x", "--worker-processes", "a=1025"], "--worker-processes", "1 to 1024"),
      (["--worker", "a=x", "--worker-processes", "a"], "--worker-processes", "NAME=N"),
      (["--worker", "a=x", "--worker-tasks", "a=no"], "--worker-tasks", "1 to 10000"),
      (["--worker", "a=x", "--worker-tasks", "a=-1"], "--worker-tasks", "1 to 10000"),
      (["--worker", "a=x", "--worker-tasks", "a=1", "--worker-tasks", "a=2"], "--worker-tasks", "twice"),
    ])
  func refused(_ arguments: [String], _ flag: String, _ word: String) {
    let error = #expect(throws: UsageError.self) { try NodeConfiguration.parse(arguments) }
    #expect(error?.text.hasPrefix("flag \(flag): ") == true && error?.text.contains(word) == true)
    #expect(error?.text.contains("\n") == false)
  }

  @Test("more workers than a node can have are refused")
  func tooMany() {
    let arguments = (0...Limits.mostWorkers).flatMap { ["--worker", "w\($0)=x"] }
    let error = #expect(throws: UsageError.self) { try NodeConfiguration.parse(arguments) }
    #expect(error?.text.contains("at most \(Limits.mostWorkers)") == true)
  }

  @Test("a name that the program's own types have is refused")
  func ownType() {
    var types = TaskTypes.builtIn
    types.register("order", repeatable: false, summary: "orders") { (_: Int, _) in 1 }
    let error = #expect(throws: UsageError.self) { try NodeConfiguration.parse(["--worker", "order=x"], types: types) }
    #expect(error?.text.contains("'order'") == true)
  }

  @Test("a program can register a worker as well")
  func library() throws {
    var types = TaskTypes()
    types.registerWorker(
      "resize", command: "python3 resize.py", processes: 4, tasksPerProcess: 2, repeatable: true, timeout: .seconds(5))
    types.registerWorker("plain", command: "x")
    #expect(
      types.names == ["plain", "resize"] && types.workers.map(\.processes) == [4, max(2, NodeConfiguration.cores)])
    let draft = try TaskDraft(try JSONValue.parse(#"{"task":"resize","args":[1]}"#), types: types)
    #expect(draft.isRepeatable && draft.timeout == .seconds(5))
    let plain = try TaskDraft(try JSONValue.parse(#"{"task":"plain"}"#), types: types)
    #expect(!plain.isRepeatable && plain.timeout == .seconds(3600) && plain.attempts == 1)
  }
}
