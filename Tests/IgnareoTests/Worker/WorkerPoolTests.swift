import Glibc
import JSON
import Loop
import Testing

@testable import Ignareo

/// Answers with what it was given.
private let echo = "for task in tasks(): answer(task, value=task['args'])"

/// Does what its arguments say.
private let obedient = """
  for task in tasks():
      args = task['args']
      if 'say' in args: say(args['say'])
      if 'print' in args: print(args['print'], flush=True)
      if 'exit' in args: sys.exit(args['exit'])
      if 'kill' in args: os.kill(os.getpid(), args['kill'])
      if 'hang' in args:
          say('hangs')
          time.sleep(600)
      if 'members' in args: answer(task, **args['members'])
      else: answer(task, value=os.getpid())
  """

@Suite("A worker's pool", .timeLimit(.minutes(2)))
struct WorkerPoolTests {
  @Test("a value goes there and back as it is, and so does every member of an answer's error")
  func values() async throws {
    try await withWorker(echo) { bench async throws in
      for text in [#"{"a":[1,2.5,"ä😀\u0000"],"b":null}"#, "null", "[]", "\"\"", "0"] {
        let value = try #require(try await bench.run(text).value)
        #expect(value == (try JSONValue.parse(text)))
      }
    }
    try await withWorker(obedient) { bench async throws in
      let error = #"{"members":{"error":{"message":"über","code":"connect","retryable":false}}}"#
      let failure = try await bench.run(error).failure
      #expect(failure?.code == .connect && failure?.message == "über" && failure?.isRetryable == false)
    }
  }

  @Test("ten thousand small tasks go through two processes, each to its own answer", arguments: [1, 50])
  func many(_ tasks: Int) async throws {
    try await withWorker(echo, processes: 2, tasks: tasks, loops: 2) { bench async throws in
      let records = try (0..<10_000).map { try bench.add("\($0)") }
      for (number, record) in records.enumerated() {
        let value = try await bench.pool.end(of: record).value?.int
        guard value == number else {
          Issue.record("task \(number) got \(String(describing: value))")
          return
        }
      }
      #expect(bench.worker.counts.running == 2 && bench.worker.counts.restarts == 0)
    }
  }

  @Test("a process with several tasks may answer in any order")
  func anyOrder() async throws {
    let reversing = """
      held = []
      for task in tasks():
          held.append(task)
          if len(held) == 5:
              while held: answer(held.pop(), value=task['args'])
      """
    try await withWorker(reversing, tasks: 5) { bench async throws in
      let records = try (0..<10).map { try bench.add("\($0)") }
      for record in records.prefix(5) { #expect(try await bench.pool.end(of: record).value?.int == 4) }
      for record in records.suffix(5) { #expect(try await bench.pool.end(of: record).value?.int == 9) }
    }
  }

  @Test("never more tasks are out than all processes may hold, and they go to the process that has the fewest")
  func size() async throws {
    let hanging = "for task in tasks(): say(f\"{os.environ['IGNAREO_WORKER_NUMBER']} has {task['args']}\")"
    try await withWorker(hanging, processes: 3, tasks: 2) { bench async throws in
      try await bench.event("worker_started", count: 3)
      let records = try (0..<20).map { try bench.add("\($0)") }
      try await bench.event("worker_says", count: 6)
      let owners = bench.log.events("worker_says").compactMap { $0["number"]?.string }
      #expect(Dictionary(grouping: owners) { $0 }.mapValues(\.count) == ["1": 2, "2": 2, "3": 2])
      // One that is told to stop makes room for two: its process ends, and comes back empty.
      bench.pool.cancel(records[0])
      #expect(try await bench.pool.end(of: records[0]).isCancelled)
      try await bench.event("worker_says", count: 8)
      #expect(bench.log.events("worker_says").count == 8)
    }
  }

  @Test("a process that does not read its input gets no more than a bounded queue of it, and the others get the rest")
  func backPressure() async throws {
    let program = """
      if os.environ['IGNAREO_WORKER_NUMBER'] == '1':
          say('is deaf')
          time.sleep(600)
      for task in tasks(): answer(task, value=len(task['args']))
      """
    let short: (inout WorkerSpecification) -> Void = { $0.limits.exitPatience = .milliseconds(10) }
    try await withWorker(program, processes: 2, tasks: 10_000, change: short) { bench async throws in
      try await bench.says("is deaf")
      let text = "\"" + String(repeating: "x", count: 1_000) + "\""
      let records = try (0..<2_000).map { _ in try bench.add(text) }
      try await eventually(bench.loop, "the other process has answered all that it could get") {
        records.count(where: \.hasEnded) > 1_800
      }
      // A pipe holds 64 KiB, its queue a little more than as much again.
      let left = records.count { !$0.hasEnded }
      #expect(left > 0 && left < 2 * LoopLimits.congestedPipeBytes / 1_000 + 100)
      for record in records where !record.hasEnded { bench.pool.cancel(record) }
      for record in records { _ = try await bench.pool.end(of: record) }
    }
  }

  @Test("a time-out ends the process that has the task, and that one only, and another takes its place at once")
  func timeout() async throws {
    try await withWorker(obedient, processes: 2) { bench async throws in
      let before = try await bench.run("{}").value?.int
      let slow = try bench.add(#"{"hang":true}"#, #","timeout_s":0.3"#)
      let failure = try #require(try await bench.pool.end(of: slow).failure)
      #expect(failure.code == .timeout && failure.isRetryable)
      #expect(failure.message.contains("worker 'w' (process ") && failure.message.contains("was ended"))
      let ended = bench.log.events("worker_ended")
      #expect(ended.count == 1 && ended[0]["how"]?.string == "was killed by signal 15 (Terminated)")
      #expect(bench.log.events("worker_down").isEmpty)
      try await bench.event("worker_started", count: 3)
      var pids: Set<Int> = []
      for _ in 0..<20 { pids.insert(try #require(try await bench.run("{}").value?.int)) }
      #expect(before != nil && bench.worker.counts.running == 2 && bench.worker.counts.restarts == 1)
      #expect(!pids.contains(Int(ended[0]["pid"]?.string ?? "") ?? 0))
    }
  }

  @Test("what a worker did before its last step could not connect only the worker knows")
  func effect() async throws {
    try await withWorker(obedient) { bench async throws in
      for (said, mayHaveTakenEffect) in [("", true), (#","effect":true"#, true), (#","effect":false"#, false)] {
        let error = #"{"members":{"error":{"message":"x","code":"connect"\#(said)}}}"#
        #expect(try await bench.run(error).failure?.mayHaveTakenEffect == mayHaveTakenEffect)
      }
    }
  }

  @Test("a task that its process never read surely had no effect when its time is over")
  func timeoutUnread() async throws {
    try await withWorker("time.sleep(600)") { bench async throws in
      let failure = try #require(try await bench.run("{}", #","timeout_s":0.05"#).failure)
      #expect(failure.code == .timeout && !failure.mayHaveTakenEffect)
      #expect(failure.message.contains("had not read"))
    }
  }

  @Test("a task that its process has read may have had an effect when its time is over")
  func timeoutRead() async throws {
    try await withWorker(obedient) { bench async throws in
      #expect(try await bench.run("{}").value != nil)
      let record = try bench.add(#"{"hang":true}"#, #","timeout_s":0.5"#)
      try await bench.says("hangs")
      let failure = try #require(try await bench.pool.end(of: record).failure)
      #expect(failure.code == .timeout && failure.mayHaveTakenEffect && failure.message.contains("flushed"))
    }
  }

  @Test("a process that ignores SIGTERM is killed, its children with it")
  func stubborn() async throws {
    let program = """
      signal.signal(signal.SIGTERM, signal.SIG_IGN)
      for task in tasks():
          child = os.fork()
          if child == 0: time.sleep(600)
          say(f'child {child}')
          time.sleep(600)
      """
    try await withWorker(program, change: { $0.limits.killPatience = .milliseconds(30) }) { bench async throws in
      let record = try bench.add("{}")
      let said = try await bench.event("worker_says")
      let child = try #require(Int32(said["line"]?.string?.dropFirst("child ".count) ?? ""))
      bench.pool.cancel(record)
      #expect(try await bench.pool.end(of: record).isCancelled)
      let ended = try await bench.event("worker_ended")
      #expect(ended["how"]?.string == "was killed by signal 9 (Killed)")
      try await eventually(bench.loop, "the child is gone") { !isRunning(child) }
    }
  }

  @Test("what a process answers while it is being ended counts")
  func lastAnswer() async throws {
    let program = """
      def ending(*_):
          answer(task, value='done')
          sys.exit(0)
      signal.signal(signal.SIGTERM, ending)
      for task in tasks():
          say('has it')
          time.sleep(600)
      """
    try await withWorker(program) { bench async throws in
      let record = try bench.add("{}")
      try await bench.says("has it")
      bench.pool.cancel(record)
      #expect(try await bench.pool.end(of: record).value?.string == "done")
    }
  }

  @Test("a task whose time is over while it waits for a process surely had no effect, and ends none")
  func timeoutInQueue() async throws {
    try await withWorker(obedient) { bench async throws in
      let first = try bench.add(#"{"hang":true}"#)
      try await bench.says("hangs")
      let failure = try #require(try await bench.run("{}", #","timeout_s":0.02"#).failure)
      #expect(failure.code == .timeout && !failure.mayHaveTakenEffect)
      #expect(failure.message.contains("--worker-processes w=N"))
      let waiting = try bench.add("{}")
      bench.pool.cancel(waiting)
      #expect(try await bench.pool.end(of: waiting).isCancelled)
      #expect(!first.hasEnded && bench.log.events("worker_ended").isEmpty)
      bench.pool.cancel(first)
      _ = try await bench.pool.end(of: first)
    }
  }

  @Test(
    "a pipeline, a list and an assignment are the shell's, a plain command is a process without one",
    arguments: [
      ("cat | %", true), ("cd / && %", true), ("NOISE=1 %", true), ("%;", true), ("%", false), ("exec % 2>&1", false),
      ("% 'a|b' $HOME", true), ("% 'a b' $HOME", false),
    ])
  func shellLines(_ line: String, _ hasShell: Bool) async throws {
    let program = """
      for task in tasks(): answer(task, value=[os.getpgid(0) != os.getpid(), *sys.argv[1:]])
      """
    try await withWorker(program, line: { line.replacing("%", with: $0) }) { bench async throws in
      let value = try #require(try await bench.run("{}").value?.elements)
      #expect(value.first?.bool == hasShell)
      guard line.hasSuffix("$HOME") else { return }
      #expect(value.count == 3 && value[1].string == line.split(separator: "'").dropFirst().first.map(String.init))
    }
  }

  @Test("a worker's processes know whose they are")
  func environment() async throws {
    let program = "for task in tasks(): answer(task, value=[os.environ['IGNAREO_WORKER' + s] for s in ['', '_NUMBER']])"
    try await withWorker(program, processes: 2) { bench async throws in
      try await bench.event("worker_started", count: 2)
      var seen: Set<String> = []
      while seen.count < 2 {
        let records = try (0..<2).map { _ in try bench.add("{}") }
        for record in records { seen.insert(try #require(try await bench.pool.end(of: record).value?.text)) }
      }
      #expect(seen == [#"["w", "1"]"#, #"["w", "2"]"#])
    }
  }
}

func isRunning(_ pid: Int32) -> Bool {
  guard let file = fopen("/proc/\(pid)/stat", "r") else { return false }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 512)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self).split(separator: ")").last?.first { $0 != " " } != "Z"
}
