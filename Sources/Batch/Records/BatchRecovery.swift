package import Clockwork
import JSON

/// Reads a batch back from its logs: first the log of tasks, then that of results.
///
/// What was never promised (tasks without their `accepted`) is left out; what is damaged costs its own record and no
/// other. Reads no JSON of tasks and results, so that ten million take seconds.
package struct BatchRecovery: Sendable {
  /// An attempt that is under way on a node, as far as the log knows, and may have acted.
  package struct Sent: Hashable, Sendable {
    package let shard: UUIDv7
    package let node: String
  }

  package struct Note: Sendable {
    package let index: Int
    package let detail: [UInt8]
  }

  /// Nil where no submission was accepted.
  package private(set) var manifest: BatchManifest?
  package private(set) var table = TaskTable()
  /// Tasks whose record is lost.
  package private(set) var lostTasks: [Int] = []
  /// The end of what was promised in the log of tasks: what is behind it is to be cut off before more is written.
  package private(set) var promisedEnd = 0
  /// An open batch takes no more.
  package private(set) var isClosed = false
  /// The keys of the calls that brought an open batch more tasks, the oldest first.
  package private(set) var additions: [BatchManifest.Addition] = []
  /// The greatest number of a lane.
  package private(set) var lanesWritten: UInt32 = 0
  package private(set) var taskPlaces = SparsePlaces()
  package private(set) var resultPlaces = SparsePlaces()
  /// By index: the `seq` of its result, 0 for none.
  package private(set) var seqs: [UInt32] = []
  /// The greatest `seq`.
  package private(set) var resultCount = 0
  package private(set) var nodeNames: [UInt16: String] = [:]
  /// The first number of a node that nothing in the log has, whether the name behind it was lost or not: a second node
  /// under a number would get the results of the first one.
  package private(set) var nextNode: UInt16 = 0
  package private(set) var nodeCounts: [String: Int] = [:]
  package private(set) var durations = Histogram()
  package private(set) var retried = 0
  /// Attempts that failed and were not their task's last, the first of them.
  package private(set) var notes: [Note] = []
  /// By index, tasks without a result that are not repeatable and may have begun.
  package private(set) var sent: [UInt32: Sent] = [:]
  /// Lives of nodes that ended under tasks, the latest last.
  package private(set) var losses: [JournalRecord.LossRecord] = []
  package private(set) var isCancelled = false
  /// What its tasks took from pools: as many items a task as it has pools, by index.
  package private(set) var taken: [ItemUse] = []
  /// By index, what became of the items of tasks that have a result, where they were not used.
  package private(set) var itemsEnds: [UInt32: ItemsEnd] = [:]
  /// Tasks that may have been promised behind the last promise that is whole: what is damaged there may have been one.
  package private(set) var unpromisedTasks = 0
  /// Tasks that could not be made of their items.
  package private(set) var refusedTasks: [Int] = []
  /// What was lost, for people; empty for nothing.
  package private(set) var damage: [String] = []

  private var promisedTotal = 0
  private let noteLimit: Int
  private var lanes: [UInt32: JournalRecord.LaneRecord] = [:]
  /// Results of damaged logs that cannot be.
  private var strays = 0

  /// - Parameter noteLimit: of failed attempts that are remembered.
  package init(noteLimit: Int) { self.noteLimit = noteLimit }

  // MARK: The log of tasks

  package mutating func takeTask(_ payload: ArraySlice<UInt8>, at offset: Int) {
    switch JournalRecord(payload) {
    case .lane(let number, let lane)?:
      lanes[number] = lane
      lanesWritten = max(lanesWritten, number)
    case .task(let task)?: add(task, at: offset)
    case .accepted(let total, let json)?: accept(total, json, through: offset + RecordFrame.headBytes + payload.count)
    case .taken(let first, let width, let items)?: take(items, width, from: Int(first))
    case .closed?:
      isClosed = true
      promisedEnd = offset + RecordFrame.headBytes + payload.count
    default: strays += 1
    }
  }

  /// Whether more tasks may come.
  package var isOpen: Bool { manifest?.isOpen == true && !isClosed && !isCancelled }

  private mutating func add(_ task: JournalRecord.TaskRecord, at offset: Int) {
    guard Int(task.index) >= table.count, let lane = lanes[task.lane] else {
      strays += 1
      return
    }
    fill(upTo: Int(task.index))
    taskPlaces.note(Int(task.index), at: offset)
    if task.isRefused { refusedTasks.append(table.count) }
    table.append(
      type: lane.type, key: lane.key, limit: lane.limit, attempts: Int(task.attempts), repeatable: task.isRepeatable,
      priority: Int(lane.priority))
  }

  /// Tasks whose record of what they took is lost stand in between.
  private mutating func take(_ items: [ItemUse], _ width: Int, from first: Int) {
    guard width > 0, taken.count <= first * width else {
      strays += 1
      return
    }
    taken += repeatElement(.none, count: first * width - taken.count)
    taken += items
  }

  /// Tasks that should be there and are not take their places all the same.
  private mutating func fill(upTo count: Int) {
    while table.count < count {
      lostTasks.append(table.count)
      table.append(type: "", repeatable: false)
    }
  }

  private mutating func accept(_ total: Int, _ json: ArraySlice<UInt8>, through end: Int) {
    guard let value = try? JSONValue.parse(json), var manifest = BatchManifest(value) else {
      strays += 1
      return
    }
    fill(upTo: total)
    if let addition = manifest.addition { additions.append(addition) }
    manifest.addition = nil
    (self.manifest, promisedTotal, promisedEnd) = (manifest, total, end)
  }

  /// The tasks of a call that was broken off, before anybody was told that it was taken.
  private mutating func dropUnpromised() {
    guard promisedTotal < table.count else { return }
    table.shorten(to: promisedTotal)
    lostTasks.removeAll { $0 >= promisedTotal }
    refusedTasks.removeAll { $0 >= promisedTotal }
    taskPlaces.cut(at: promisedEnd)
  }

  /// - Parameter scanner: what read the log, at its end.
  package mutating func endTasks(_ scanner: RecordScanner) {
    note(scanner, in: "tasks.log")
    if scanner.damageEnd > promisedEnd {
      unpromisedTasks = table.count - promisedTotal + scanner.damagedBytes / RecordFrame.headBytes
    }
    dropUnpromised()
    if !lostTasks.isEmpty {
      damage.append("\(lostTasks.count) tasks are lost, the first of them \(lostTasks[0])")
    }
    seqs = Array(repeating: 0, count: table.count)
    guard let width = manifest?.joining?.sources.count else { return }
    let count = table.count * width
    if taken.count > count { taken.removeLast(taken.count - count) }
    taken += repeatElement(.none, count: count - taken.count)
  }

  // MARK: The log of results

  package mutating func takeResult(_ payload: ArraySlice<UInt8>, at offset: Int) {
    switch JournalRecord(payload) {
    case .node(let number, let name)?:
      nodeNames[number] = name
      noteNode(number)
    case .result(let result)?: add(result, at: offset)
    case .attempt(let index, let attempts, let detail)?:
      guard index < table.count, seqs[index] == 0 else { return }
      retried += 1
      sent[UInt32(index)] = nil
      table.markMayHaveActed(index)
      table.restore(index, as: .queued, attempts: attempts)
      if notes.count < noteLimit { notes.append(Note(index: index, detail: Array(detail))) }
    case .sent(let shard, let node, let indexes)?:
      for index in indexes where Int(index) < table.count && seqs[Int(index)] == 0 {
        sent[index] = Sent(shard: shard, node: node)
      }
    case .returned(let indexes)?: for index in indexes { sent[index] = nil }
    case .cancelled?: isCancelled = true
    case .lost(let loss)?: losses.append(loss)
    default: strays += 1
    }
  }

  /// The first result of a task counts.
  private mutating func add(_ result: JournalRecord.ResultRecord, at offset: Int) {
    let index = Int(result.index)
    guard index < table.count, seqs[index] == 0, Int(result.seq) > resultCount else {
      strays += 1
      return
    }
    resultPlaces.note(Int(result.seq), at: offset)
    resultCount = Int(result.seq)
    seqs[index] = result.seq
    sent[result.index] = nil
    if result.itemsEnd != .used { itemsEnds[result.index] = result.itemsEnd }
    table.restore(index, as: result.status, attempts: result.attempts)
    guard let number = result.node else { return }
    noteNode(number)
    nodeCounts[name(ofNode: number, in: result), default: 0] += 1
    if result.attempts > 0 { durations.record(result.durationMicroseconds) }
  }

  private mutating func noteNode(_ number: UInt16) { nextNode = max(nextNode, number == .max ? .max : number + 1) }

  /// Where the record with the name is lost, the result's own line has it.
  private mutating func name(ofNode number: UInt16, in result: JournalRecord.ResultRecord) -> String {
    if let name = nodeNames[number] { return name }
    guard let name = (try? JSONValue.parse(result.line))?["node"]?.string else { return "?" }
    nodeNames[number] = name
    return name
  }

  package mutating func endResults(_ scanner: RecordScanner) {
    note(scanner, in: "results.log")
    if strays > 0 { damage.append("\(strays) records mean nothing in their place") }
  }

  private mutating func note(_ scanner: RecordScanner, in log: String) {
    guard let first = scanner.damage.first else { return }
    damage.append("\(scanner.damagedBytes) bytes of \(log) are damaged, from byte \(first.offset) on")
  }
}
