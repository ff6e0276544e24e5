internal import Clockwork

/// Where a record stands in a list of its kind.
struct Links {
  // Guarded by: the pool's loop. A listed record is owned by the table's dictionary, and unlisted before it leaves it.
  unowned(unsafe) var previous: TaskRecord?
  unowned(unsafe) var next: TaskRecord?
}

/// A doubly linked list through the records themselves: any of them leaves it in O(1).
struct TaskList {
  // Guarded by: the pool's loop, as `Links`.
  private(set) unowned(unsafe) var first: TaskRecord?
  private(set) unowned(unsafe) var last: TaskRecord?
  private(set) var count = 0
  private let field: Field

  enum Field { case state, registry }

  init(_ field: Field) { self.field = field }

  mutating func append(_ record: TaskRecord) {
    record[field].previous = last
    if let last { last[field].next = record } else { first = record }
    last = record
    count += 1
  }

  mutating func remove(_ record: TaskRecord) {
    let links = record[field]
    if let previous = links.previous { previous[field].next = links.next } else { first = links.next }
    if let next = links.next { next[field].previous = links.previous } else { last = links.previous }
    record[field] = Links()
    count -= 1
  }

  /// The newest first.
  func newest(_ limit: Int, where isWanted: (TaskRecord) -> Bool = { _ in true }) -> [TaskRecord] {
    var found: [TaskRecord] = []
    var record = last
    while let current = record, found.count < limit {
      if isWanted(current) { found.append(current) }
      record = current[field].previous
    }
    return found
  }
}

extension TaskRecord {
  fileprivate subscript(field: TaskList.Field) -> Links {
    get { field == .state ? links : registryLinks }
    set { if field == .state { links = newValue } else { registryLinks = newValue } }
  }
}

/// All tasks that the pool knows, by identifier, by state and by age. A state's count is its list's length: there is no
/// counter beside the tasks that could drift from them.
struct TaskTable {
  enum Place: Int, CaseIterable { case queued, backingOff, held, running, ok, error, cancelled }

  private var records: [UUIDv7: TaskRecord] = [:]
  private var registry = TaskList(.registry)
  private var lists = Place.allCases.map { _ in TaskList(.state) }

  subscript(id: UUIDv7) -> TaskRecord? { records[id] }
  subscript(place: Place) -> TaskList { lists[place.rawValue] }

  mutating func insert(_ record: TaskRecord) {
    records[record.id] = record
    registry.append(record)
    lists[record.place.rawValue].append(record)
  }

  mutating func move(_ record: TaskRecord, to state: TaskRecord.State) {
    lists[record.place.rawValue].remove(record)
    record.state = state
    lists[record.place.rawValue].append(record)
  }

  mutating func forget(_ record: TaskRecord) {
    lists[record.place.rawValue].remove(record)
    registry.remove(record)
    records[record.id] = nil
  }

  func newest(_ limit: Int) -> [TaskRecord] { registry.newest(limit) }

  /// Registered and not yet running, for whatever reason.
  var queued: Int { self[.queued].count + self[.backingOff].count + self[.held].count }
  var running: Int { self[.running].count }
  var kept: Int { self[.ok].count + self[.error].count + self[.cancelled].count }

  /// The kept task that ended first.
  var oldestKept: TaskRecord? {
    [self[.ok].first, self[.error].first, self[.cancelled].first].compactMap { $0 }
      .min { $0.endedAt < $1.endedAt }
  }

  /// Every task that has not ended.
  var unended: [TaskRecord] {
    [Place.queued, .backingOff, .held, .running].flatMap { self[$0].newest(.max) }
  }
}

extension TaskRecord {
  var place: TaskTable.Place {
    switch state {
    case .queued: .queued
    case .backingOff: .backingOff
    case .held: .held
    case .running, .stopping: .running
    case .ended(let result):
      switch result.outcome {
      case .ok: .ok
      case .error: .error
      case .cancelled: .cancelled
      }
    }
  }

  fileprivate var endedAt: Instant {
    if case .ended(let result) = state { result.endedAt } else { .distantFuture }
  }
}
