import Clockwork
import Foundation
import JSON
import Loop
import Testing

@testable import Ignareo

/// A pool of tasks with one worker, `w`, and all that its log says; everything is on the first loop but what the test
/// puts elsewhere.
final class WorkerBench: @unchecked Sendable {
  // Guarded by: the first loop's thread.
  let pool: TaskPool
  let log: LogKeeper
  private let workers: WorkerPools

  fileprivate init(_ loops: [EventLoop], _ types: TaskTypes) {
    let keeper = LogKeeper()
    let sink = Log(level: .info, format: .json) { keeper.add($0) }
    let workers = WorkerPools(types.workers, on: loops, log: sink)
    let runners = loops.map { LoopRunner(loop: $0, types: types, log: .silent, workers: workers) }
    (log, self.workers) = (keeper, workers)
    pool = TaskPool(runners: runners, capacity: 20_000, types: types, log: .silent)
  }

  var loop: EventLoop { pool.loop }
  var worker: WorkerPool { workers["w"]! }

  func run(_ arguments: String, _ fields: String = "") async throws -> TaskOutcome {
    try await pool.end(of: try add(arguments, fields))
  }

  /// - Parameter fields: further ones of the task, each with its comma: `,"timeout_s":5`.
  func add(_ arguments: String, _ fields: String = "") throws -> TaskRecord {
    try pool.add(#"{"task":"w","args":\#(arguments)\#(fields)}"#)
  }

  /// Waits until the log has an event, or so many of them, and gives the last one.
  @discardableResult
  func event(
    _ name: String, count: Int = 1, sourceLocation: SourceLocation = #_sourceLocation,
    where holds: @escaping (JSONValue) -> Bool = { _ in true }
  ) async throws -> JSONValue {
    func found() -> [JSONValue] { log.events(name).filter(holds) }
    try await eventually(loop, "\(count) \(name) in \(log.text)", sourceLocation: sourceLocation) {
      found().count >= count
    }
    return found()[count - 1]
  }

  /// Waits until the worker has said that line on its standard error.
  func says(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) async throws {
    try await event("worker_says", sourceLocation: sourceLocation) { $0["line"]?.string == line }
  }

  fileprivate func close() async {
    pool.cancelAll()
    await withUnsafeContinuation { (idle: UnsafeContinuation<Void, Never>) in pool.drain { idle.resume() } }
    await workers.close()
  }

  fileprivate func start() { workers.start() }
}

/// What a log says, from any thread.
final class LogKeeper: Sendable {
  private let lines = Lock<[JSONValue]>([])

  func add(_ line: [UInt8]) {
    if let event = try? JSONValue.parse(line) { lines.withLock { $0.append(event) } }
  }

  func events(_ name: String) -> [JSONValue] { lines.withLock { $0.filter { $0["event"]?.string == name } } }
  var text: String { lines.withLock { $0.suffix(20).map(\.text).joined(separator: "\n") } }
}

/// Runs a test beside a worker whose program is written in Python or, when it begins with `#!`, in what that says.
///
/// Nothing may be left behind: no process, no zombie, no descriptor.
///
/// - Parameter line: the command for the program's file.
func withWorker(
  _ program: String, line: (String) -> String = { $0 }, processes: Int = 1, tasks: Int = 1, loops: Int = 1,
  change: (inout WorkerSpecification) -> Void = { _ in }, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable (WorkerBench) async throws -> Void
) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "ignareo-worker-\(UUID())")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let file = folder.appending(path: "worker").path
  let text = program.hasPrefix("#!") ? program : "#!\(python) -SE\n\(pythonPrelude)\n\(program)\n"
  try Data(text.utf8).write(to: URL(filePath: file))
  chmod(file, 0o700)
  try await withWorker(
    command: line(file), processes: processes, tasks: tasks, loops: loops, change: change,
    sourceLocation: sourceLocation,
    body)
}

func withWorker(
  command: String, processes: Int = 1, tasks: Int = 1, loops: Int = 1,
  change: (inout WorkerSpecification) -> Void = { _ in }, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: @escaping @Sendable (WorkerBench) async throws -> Void
) async throws {
  var specification = WorkerSpecification(name: "w", command: command)
  (specification.processes, specification.tasksPerProcess) = (processes, tasks)
  (specification.limits.firstBackoff, specification.limits.longestBackoff) = (.milliseconds(1), .milliseconds(20))
  change(&specification)
  var types = TaskTypes.builtIn
  types.add(specification)
  let descriptors = processDescriptors()
  let loops = try (0..<loops).map { try EventLoop.start(name: "worker-test-\($0)") }
  defer { for loop in loops { loop.stop() } }
  let log = try await loops[0].spawn { [types] in
    let bench = WorkerBench(loops, types)
    bench.start()
    let result: Result<Void, any Error>
    do { result = .success(try await body(bench)) } catch { result = .failure(error) }
    await bench.close()
    try result.get()
    return bench.log
  }.value
  for event in log.events("worker_started") {
    let pid = Int32(event["pid"]?.string ?? "") ?? 0
    #expect(pid > 0 && kill(pid, 0) != 0, "process \(pid) is still there", sourceLocation: sourceLocation)
  }
  #expect(processDescriptors() == descriptors, "descriptors are left open", sourceLocation: sourceLocation)
}

/// The interpreter's own file: what stands in the PATH may be a script that looks longer for it than it runs.
private let python: String = {
  guard let pipe = popen("python3 -c 'import sys; print(sys.executable, end=\"\")'", "r") else { return "python3" }
  defer { pclose(pipe) }
  var path = [UInt8](repeating: 0, count: 4_096)
  let count = fread(&path, 1, path.count, pipe)
  return String(decoding: path[..<count], as: UTF8.self)
}()

/// What most workers of these tests begin with.
private let pythonPrelude = """
  import json, os, signal, sys, time

  def say(text):
      print(text, file=sys.stderr, flush=True)

  def answer(task, **members):
      print(json.dumps({"id": task["id"], **members}), flush=True)

  def tasks():
      for line in sys.stdin:
          yield json.loads(line)
  """

/// How many descriptors are open of the kinds that only processes need.
private func processDescriptors() -> Int {
  let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
  return all.count { number in
    let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")) ?? ""
    return target.hasPrefix("pipe:") || target.contains("pidfd")
  }
}
