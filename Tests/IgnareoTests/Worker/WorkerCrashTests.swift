import Glibc
import JSON
import Loop
import Testing

@testable import Ignareo

private let obedient = """
  for task in tasks():
      args = task['args']
      if 'say' in args: say(args['say'])
      if 'exit' in args: sys.exit(args['exit'])
      if 'kill' in args: os.kill(os.getpid(), args['kill'])
      if 'hang' in args:
          say('hangs')
          time.sleep(600)
      answer(task, value=os.getpid())
  """

@Suite("A worker's crash", .timeLimit(.minutes(2)))
struct WorkerCrashTests {
  @Test("a crash fails only what the process held, and says how it ended and what it said last")
  func crash() async throws {
    try await withWorker(obedient, processes: 2) { bench async throws in
      let other = try bench.add(#"{"hang":true}"#)
      try await bench.says("hangs")
      let failure = try #require(try await bench.run(#"{"say":"out of ink","exit":3}"#).failure)
      #expect(failure.code == .workerCrashed && failure.isRetryable && failure.mayHaveTakenEffect)
      for word in ["'w'", "ended with status 3", "out of ink"] { #expect(failure.message.contains(word)) }
      let killed = try await bench.run(#"{"kill":11}"#).failure?.message
      #expect(killed?.contains("was killed by signal 11 (Segmentation fault)") == true)
      #expect(try await bench.run("{}").value?.int != nil)
      #expect(!other.hasEnded)
      try await bench.event("worker_down", count: 2)
      bench.pool.cancel(other)
      _ = try await bench.pool.end(of: other)
    }
  }

  @Test("the time until the next start doubles, with jitter, until there is an answer")
  func backoff() async throws {
    try await withWorker(obedient, change: { $0.limits.longestBackoff = .milliseconds(2) }) { bench async throws in
      for _ in 0..<2 { _ = try await bench.run(#"{"exit":1}"#) }
      #expect(bench.log.events("worker_down").map { $0["deaths_without_answer"]?.string } == ["1", "2"])
      #expect(try await bench.run("{}").value != nil)
      _ = try await bench.run(#"{"exit":1}"#)
      #expect(bench.log.events("worker_down").last?["deaths_without_answer"]?.string == "1")
      try await bench.event("worker_started", count: 4)
      #expect(bench.worker.counts.restarts == 3)
    }
  }

  @Test(
    "tasks of a worker that never stays up fail at once with its last words and the way out",
    arguments: [("exec no-such-program", "not found"), ("echo broken >&2; exit 3", "broken")])
  func hopeless(_ command: String, _ word: String) async throws {
    let slow: (inout WorkerSpecification) -> Void = { worker in
      worker.limits.firstBackoff = .milliseconds(1)
      worker.limits.longestBackoff = .seconds(600)
    }
    try await withWorker(command: command, processes: 2, change: slow) { bench async throws in
      for _ in 0..<5 {
        let failure = try #require(try await bench.run("{}").failure)
        #expect(failure.code == .workerCrashed && failure.isRetryable && !failure.mayHaveTakenEffect)
        #expect(failure.message.contains(word) && failure.message.contains("--worker"))
      }
      #expect(bench.log.events("worker_failing").count == 1)
    }
  }

  @Test("with no descriptor left a process cannot be started; it is, when there are some again")
  func descriptorsUsedUp() async throws {
    try await withWorker(obedient) { bench async throws in
      #expect(try await bench.run("{}").value != nil)
      var limit = rlimit()
      let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
      getrlimit(resource, &limit)
      let before = limit
      // Lower than the descriptors that are open already.
      limit.rlim_cur = 3
      setrlimit(resource, &limit)
      defer { _ = withUnsafePointer(to: before) { setrlimit(resource, $0) } }
      _ = try await bench.run(#"{"exit":1}"#)
      let failure = try #require(try await bench.run("{}").failure)
      #expect(failure.code == .workerCrashed && !failure.mayHaveTakenEffect)
      #expect(failure.message.contains("cannot be started") && failure.message.contains("too many open files"))
      _ = withUnsafePointer(to: before) { setrlimit(resource, $0) }
      try await bench.event("worker_started", count: 2)
      #expect(try await bench.run("{}").value != nil)
    }
  }

  @Test("a process that answers its tasks is up again though it had never stayed up before")
  func recovers() async throws {
    let program = """
      mark = sys.argv[0] + '.mark'
      lives = len(open(mark).read()) if os.path.exists(mark) else 0
      open(mark, 'a').write('x')
      if lives < 4: sys.exit(1)
      for task in tasks(): answer(task, value=lives)
      """
    try await withWorker(program) { bench async throws in
      try await bench.event("worker_started", count: 5)
      #expect(try await bench.run("{}").value?.int == 4)
    }
  }

  @Test("a task that its process never read goes to the next one; what it had read fails")
  func unread() async throws {
    let program = """
      sys.stdin = open(0, 'rb', buffering=0)
      line = b''
      while not line.endswith(b'\\n'): line += sys.stdin.read(1)
      task = json.loads(line)
      if task['args'] == 'bad':
          sys.exit(9)
      answer(task, value=task['args'])
      """
    try await withWorker(program, tasks: 3) { bench async throws in
      let records = try ["\"bad\"", "1", "2"].map { try bench.add($0) }
      let failure = try await bench.pool.end(of: records[0]).failure
      #expect(failure?.code == .workerCrashed && failure?.mayHaveTakenEffect == true)
      #expect(try await bench.pool.end(of: records[1]).value?.int == 1)
      #expect(try await bench.pool.end(of: records[2]).value?.int == 2)
    }
  }

  @Test("a task that no process reads before it ends goes round a few times, not for ever")
  func neverRead() async throws {
    let program = """
      if os.environ['IGNAREO_WORKER_NUMBER'] == '1':
          while True: time.sleep(600)
      time.sleep(0.02)
      """
    // The first process has another task, so that there is always hope.
    let short: (inout WorkerSpecification) -> Void = { $0.limits.exitPatience = .milliseconds(10) }
    try await withWorker(program, processes: 2, change: short) { bench async throws in
      try await bench.event("worker_started", count: 2)
      let records = try (0..<2).map { _ in try bench.add("{}") }
      try await eventually(bench.loop, "one has gone round") { records.contains(where: \.hasEnded) }
      let record = try #require(records.first { $0.hasEnded })
      let failure = try #require(try await bench.pool.end(of: record).failure)
      #expect(failure.code == .workerCrashed && !failure.mayHaveTakenEffect)
      #expect(failure.message.contains("without having read"))
    }
  }

  @Test("one time-out costs the other tasks of its process, as retryable crashes")
  func neighbours() async throws {
    let program = "for task in tasks(): say(f\"has {task['args']}\")"
    try await withWorker(program, tasks: 2) { bench async throws in
      let records = try (0..<2).map { try bench.add("\($0)") }
      try await bench.says("has 1")
      bench.pool.cancel(records[0])
      #expect(try await bench.pool.end(of: records[0]).isCancelled)
      let failure = try #require(try await bench.pool.end(of: records[1]).failure)
      #expect(failure.code == .workerCrashed && failure.isRetryable && failure.mayHaveTakenEffect)
      #expect(failure.message.contains("--worker-tasks w=1"))
    }
  }

  @Test("a retry that the task allows is made by the next process")
  func retried() async throws {
    let program = """
      mark = sys.argv[0] + '.mark'
      for task in tasks():
          if not os.path.exists(mark):
              open(mark, 'w')
              sys.exit(1)
          answer(task, value='second')
      """
    try await withWorker(program) { bench async throws in
      #expect(try await bench.run("{}", #","attempts":2,"repeatable":true"#).value?.string == "second")
    }
  }

  @Test("a worker that closes its standard output, or its input, and lives on is ended", arguments: ["out", "in"])
  func closesStream(_ stream: String) async throws {
    let program = "for task in tasks():\n    os.close(\(stream == "out" ? 1 : 0))\n    time.sleep(600)"
    try await withWorker(program, change: { $0.limits.exitPatience = .milliseconds(20) }) { bench async throws in
      let failure = try #require(try await bench.run("{}").failure)
      #expect(failure.code == .workerCrashed)
      #expect(failure.message.contains("closed its standard \(stream)put and was ended for that"))
    }
  }

  @Test("an answer without a line break at a process' end is an answer")
  func unfinishedLine() async throws {
    let program =
      "task = next(tasks())\nsys.stdout.write(json.dumps({'id': task['id'], 'value': 7}))\nsys.stdout.flush()"
    try await withWorker(program) { bench async throws in
      #expect(try await bench.run("{}").value?.int == 7)
    }
  }

  @Test(
    "processes end by themselves at the end of their input, and what does not is ended",
    arguments: [(0, Duration.seconds(60), "ended with status 0"), (600, .milliseconds(10), "was killed by signal 15")])
  func closing(_ lingering: Int, _ patience: Duration, _ how: String) async throws {
    let program = "for task in tasks(): answer(task, value=1)\ntime.sleep(\(lingering))"
    nonisolated(unsafe) var log: LogKeeper?
    try await withWorker(program, processes: 2, change: { $0.limits.exitPatience = patience }) { bench async throws in
      log = bench.log
      for _ in 0..<10 { #expect(try await bench.run("{}").value != nil) }
      try await bench.event("worker_started", count: 2)
    }
    let ends = log?.events("worker_ended") ?? []
    #expect(ends.count == 2 && ends.allSatisfy { $0["how"]?.string?.hasPrefix(how) == true })
  }
}
