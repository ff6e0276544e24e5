internal import Gossip

/// Reads `--worker NAME=COMMAND` and what goes with it.
enum WorkerFlags {
  static let declarations = [
    Flag("worker", .repeated("NAME=COMMAND"), "a task type that local processes run, each a /bin/sh -c COMMAND"),
    Flag(
      "worker-processes", .repeated("NAME=N"),
      "its processes (default: the cores and at least 2, \(WorkerSpecification.processesByDefault) here)"),
    Flag("worker-tasks", .repeated("NAME=N"), "tasks that one of its processes holds at once (default 1)"),
  ]

  /// - Throws: a usage error that names flag and cause.
  static func specifications(
    from flags: ScannedFlags, besides types: TaskTypes
  ) throws(UsageError) -> [WorkerSpecification] {
    var workers: [WorkerSpecification] = []
    for text in flags.texts("worker") {
      let (name, command) = try split(text, "worker", flags, form: "NAME=COMMAND")
      guard TaskTypes.isName(name) else {
        throw flags.error("worker", "'\(name)' cannot name a task type: \(TaskTypes.nameRule)")
      }
      guard types[name] == nil else { throw flags.error("worker", "there is a task type '\(name)' without it") }
      guard !workers.contains(where: { $0.name == name }) else {
        throw flags.error("worker", "'\(name)' is given twice; --worker-processes \(name)=N gives it more processes")
      }
      guard command.contains(where: { !$0.isWhitespace }) else {
        throw flags.error("worker", "'\(name)' needs a command behind its '='")
      }
      workers.append(WorkerSpecification(name: name, command: command))
    }
    guard workers.count <= Limits.mostWorkers else {
      throw flags.error("worker", "a node has at most \(Limits.mostWorkers) workers, not \(workers.count)")
    }
    for (place, count) in try counts("worker-processes", of: workers, in: Limits.workerProcesses, flags) {
      workers[place].processes = count
    }
    for (place, count) in try counts("worker-tasks", of: workers, in: Limits.workerTasks, flags) {
      workers[place].tasksPerProcess = count
    }
    return workers
  }

  private static func counts(
    _ flag: String, of workers: [WorkerSpecification], in range: ClosedRange<Int>, _ flags: ScannedFlags
  ) throws(UsageError) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for text in flags.texts(flag) {
      let (name, number) = try split(text, flag, flags, form: "NAME=N")
      guard let place = workers.firstIndex(where: { $0.name == name }) else {
        throw flags.error(flag, "there is no --worker '\(name)'")
      }
      guard let count = Int(number), range.contains(count) else {
        throw flags.error(
          flag, "'\(number)' for '\(name)' is not a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      guard counts.updateValue(count, forKey: place) == nil else {
        throw flags.error(flag, "'\(name)' is given twice")
      }
    }
    return counts
  }

  private static func split(
    _ text: String, _ flag: String, _ flags: ScannedFlags, form: String
  ) throws(UsageError) -> (name: String, rest: String) {
    guard let place = text.firstIndex(of: "="), place > text.startIndex else {
      throw flags.error(flag, "'\(text)' is not of the form \(form)")
    }
    return (String(text[..<place]), String(text[text.index(after: place)...]))
  }
}
