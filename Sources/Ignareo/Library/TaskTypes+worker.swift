extension TaskTypes {
  /// Adds a type that local processes of any language run, as `--worker NAME=COMMAND` does.
  ///
  ///     tasks.registerWorker("resize", command: "python3 resize.py", processes: 4)
  ///
  /// A process reads one line of JSON for each task on standard input, `{"id":"…","args":…}`, and writes one line for
  /// each on standard output, in any order, `{"id":"…","value":…}` or `{"id":"…","error":{"message":"…"}}`. An error
  /// may have a `code` of the closed list, say whether trying again makes sense (`"retryable":true`), and that nothing
  /// had come of the task (`"effect":false`), so that it may run again although it is not repeatable. The process ends
  /// when its standard input does. Standard error goes into the node's log.
  ///
  /// - Parameters:
  ///   - name: as for `register`.
  ///   - command: a line for `/bin/sh -c`; an empty one is a mistake in the program and traps.
  ///   - processes: 1 to 1,024; nil takes the cores, and at least two.
  ///   - tasksPerProcess: how many tasks one process holds at once, 1 to 10,000. Ending one that takes too long ends
  ///     its process, and with that what else the process holds.
  ///   - repeatable: whether a task may run again when nobody knows whether it took effect.
  ///   - timeout: the limit on one attempt where the task names none.
  public mutating func registerWorker(
    _ name: String, command: String, processes: Int? = nil, tasksPerProcess: Int = 1, repeatable: Bool = false,
    timeout: Duration = .seconds(3600)
  ) {
    precondition(command.contains { !$0.isWhitespace }, "the worker '\(name)' needs a command")
    var worker = WorkerSpecification(name: name, command: command)
    worker.processes = processes ?? worker.processes
    worker.tasksPerProcess = tasksPerProcess
    (worker.isRepeatable, worker.timeout) = (repeatable, timeout)
    precondition(
      Limits.workerProcesses.contains(worker.processes) && Limits.workerTasks.contains(tasksPerProcess),
      "the worker '\(name)' cannot have \(worker.processes) processes with \(tasksPerProcess) tasks each")
    add(worker)
  }
}
