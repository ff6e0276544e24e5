internal import JSON

/// The task types that a node can run, by name.
///
///     var tasks = TaskTypes.builtIn
///     tasks.register("greet", repeatable: true, summary: "greets by name") { (name: String, context) in
///       "Hello, \(name)!"
///     }
public struct TaskTypes: Sendable {
  private var types: [String: TaskType] = [:]
  /// Whose processes a node starts.
  private(set) var workers: [WorkerSpecification] = []

  /// No type at all.
  public init() {}

  /// What every node has: `echo`, `sleep`, `fail`, `http` and `flow`.
  public static var builtIn: TaskTypes {
    var types = TaskTypes()
    for type in [EchoTask.type, SleepTask.type, FailTask.type, HTTPTask.type, FlowTask.type] { types.add(type) }
    return types
  }

  /// Adds a type of your own.
  ///
  /// The function runs once for each attempt, on the node's event loop: it must suspend instead of blocking. What it
  /// throws ends the attempt: a `TaskFailure` with its own code, any other error as `internal`. When the task is
  /// cancelled or its time is up, the function's next suspension throws `CancellationError`.
  ///
  /// - Parameters:
  ///   - name: 1 to 64 letters, digits, `-`, `_` and `.`; a name that is taken, or no name, is a mistake in the program
  ///     and traps.
  ///   - repeatable: whether a task may run again when nobody knows whether it took effect, as after a node's loss. If
  ///     not, it runs again only after a failure that surely had none (`TaskFailure.mayHaveTakenEffect`); and never
  ///     once one of its sessions, or a task that it spawned by its type's name, has done more than to read.
  ///   - summary: one line for `GET /task-types`.
  ///   - timeout: the limit on one attempt where the task names none.
  ///   - run: arguments that cannot be decoded are refused as `bad_arguments` before anything runs.
  public mutating func register<Arguments: Decodable & Sendable, Value: Encodable & Sendable>(
    _ name: String, repeatable: Bool, summary: String, timeout: Duration = .seconds(60),
    run: @escaping @Sendable (Arguments, TaskContext) async throws -> Value
  ) {
    let schema = ArgumentSchema.of(Arguments.self)
    add(
      TaskType(name: name, summary: summary, timeout: timeout, schema: schema) { value throws(TaskFailure) in
        let arguments = try CodableArguments.decode(Arguments.self, from: value)
        return PreparedTask(isRepeatable: repeatable) { context in
          try CodableArguments.encode(try await run(arguments, context))
        }
      })
  }

  mutating func add(_ type: TaskType) {
    precondition(Self.isName(type.name), "'\(type.name)' cannot name a task type: \(Self.nameRule)")
    precondition(types[type.name] == nil, "the task type '\(type.name)' is registered twice")
    types[type.name] = type
  }

  mutating func add(_ worker: WorkerSpecification) {
    add(WorkerTask.type(worker))
    workers.append(worker)
  }

  subscript(name: String) -> TaskType? { types[name] }

  /// In alphabetical order.
  package var names: [String] { types.keys.sorted() }
  var inOrder: [TaskType] { names.compactMap { types[$0] } }

  /// Says which names there are: the usual cause is a slip of the pen, or a node that was not told of the type.
  func unknown(_ name: String) -> TaskFailure {
    TaskFailure(
      .unknownTask, "no task type '\(name)' here; there are \(names.joined(separator: ", "))", pointer: "/task")
  }

  static let nameRule = "1 to 64 letters, digits, '-', '_' and '.'"

  static func isName(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isNameByte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
