import JSON
import Loop
import Testing

@testable import Ignareo

@Suite("What a worker writes", .timeLimit(.minutes(2)))
struct WorkerOutputTests {
  @Test("each line of standard error is an event with the worker's name, number and pid; a long one is cut")
  func errors() async throws {
    let program = """
      say('zwölf')
      say('x' * 100000)
      sys.stderr.write('no end')
      sys.stderr.flush()
      """
    try await withWorker(program, change: { $0.limits.firstBackoff = .seconds(600) }) { bench async throws in
      try await bench.event("worker_says", count: 3)
      let events = bench.log.events("worker_says")
      let started = try #require(bench.log.events("worker_started").first)
      #expect(events[0]["worker"]?.string == "w" && events[0]["number"]?.string == "1")
      #expect(events[0]["pid"]?.string == started["pid"]?.string)
      #expect(events[0]["line"]?.string == "zwölf")
      #expect(events[1]["line"]?.string == String(repeating: "x", count: Limits.workerLogLineBytes) + "…")
      #expect(events[2]["line"]?.string == "no end")
    }
  }

  @Test("of a flood of lines some are logged, and of the others how many there were")
  func flood() async throws {
    let program = """
      for number in range(5000): say(f'line {number}')
      for task in tasks(): answer(task, value=1)
      """
    try await withWorker(program, change: { $0.limits.logLinesASecond = 10 }) { bench async throws in
      #expect(try await bench.run("{}").value?.int == 1)
      try await bench.event("worker_lines_left_out")
      try await eventually(bench.loop, "all are counted") {
        let leftOut = bench.log.events("worker_lines_left_out").compactMap { Int($0["count"]?.string ?? "") }
        return bench.log.events("worker_says").count + leftOut.reduce(0, +) == 5_000
      }
      #expect(bench.log.events("worker_says").count < 500)
    }
  }

  @Test("output that is no answer is logged with the way out, and harms nobody")
  func noise() async throws {
    let program = """
      print('starting')
      print('[]')
      for task in tasks():
          print(json.dumps({'id': '12345', 'value': 1}))
          print(json.dumps({'id': 7, 'value': 1}))
          answer(task, value='first')
          answer(task, value='second')
      """
    try await withWorker(program) { bench async throws in
      #expect(try await bench.run("{}").value?.string == "first")
      try await bench.event("worker_output_ignored", count: 5)
      let events = bench.log.events("worker_output_ignored")
      #expect(events.map { $0["line"]?.string?.first } == ["s", "[", "{", "{", "{"])
      #expect(events.allSatisfy { $0["way_out"]?.string?.contains("standard error") == true })
      #expect(events[2]["cause"]?.string?.contains("12345") == true)
      #expect(try await bench.run("{}").value?.string == "first")
    }
  }

  @Test("a process that writes far too much that is no answer is ended", arguments: ["exec yes", "yes >&2 & exec yes"])
  func noiseFlood(_ command: String) async throws {
    try await withWorker(command: command) { bench async throws in
      let failure = try #require(try await bench.run("{}").failure)
      #expect(failure.code == .workerCrashed && failure.message.contains("\(Limits.workerNoise) lines"))
      #expect(bench.log.events("worker_output_ignored").count < 10 * Limits.workerLogLinesASecond)
    }
  }

  @Test("a line beyond the limit ends its process; one within it is taken in whatever pieces it comes")
  func longLines() async throws {
    let program = """
      for task in tasks(): answer(task, value='x' * task['args'])
      """
    try await withWorker(program, change: { $0.limits.lineBytes = 1 << 20 }) { bench async throws in
      #expect(try await bench.run("1000000").value?.string?.utf8.count == 1_000_000)
      let failure = try #require(try await bench.run("2000000").failure)
      #expect(failure.code == .workerCrashed && failure.message.contains("a line of more than 1048576 bytes"))
      #expect(try await bench.run("3").value?.string == "xxx")
    }
  }

  @Test("a value that is too deep fails its task alone", arguments: [Limits.valueDepth + 1, 5_000])
  func deepValue(_ depth: Int) async throws {
    let program = """
      for task in tasks():
          if task['args'] == 0: answer(task, value='flat')
          else: print('{"value":' + '[' * task['args'] + ']' * task['args'] + ',"id":"' + task['id'] + '"}', flush=True)
      """
    try await withWorker(program, tasks: 2) { bench async throws in
      let failure = try #require(try await bench.run("\(depth)").failure)
      #expect(failure.code == .internal && failure.message.contains("nests"))
      #expect(try await bench.run("0").value?.string == "flat")
      #expect(bench.worker.counts.restarts == 0)
    }
  }

  @Test("a value that is too large for a task is not yet a line that is too long for its process")
  func largeValue() {
    let envelope = JSONValue.object {
      $0.member("id", "\(Int.max)")
      $0.member("value", .null)
    }
    #expect(Limits.valueBytes + envelope.bytes.count < Limits.workerLineBytes)
  }
}
