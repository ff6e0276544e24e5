package import Clockwork

/// What a batch's logs are made of.
///
/// The log of tasks holds lanes, tasks, and behind those of one call of a submitter `accepted`: what has no such end
/// was never promised to anybody. The log of results holds the rest.
package enum JournalRecord {
  enum Kind: UInt8 {
    case accepted = 1, lane, task, closed, taken
    case node = 16, result, attempt, sent, returned, cancelled, lost
    case ended = 32, called
    case pool = 48, item, itemsAccepted, poolClosed, itemsSettled
  }

  /// All tasks below the total are the batch's; the manifest says whose they are.
  case accepted(total: Int, manifest: ArraySlice<UInt8>)
  /// What the tasks have in common that name its number.
  case lane(number: UInt32, LaneRecord)
  case task(TaskRecord)
  /// An open batch takes no more.
  case closed
  /// What the tasks from the first one on took from pools: so many items each, in the order of the batch's pools.
  case taken(first: UInt32, width: Int, items: [ItemUse])
  /// A node's name, which results then give by its number.
  case node(number: UInt16, name: String)
  case result(ResultRecord)
  /// An attempt that was not its task's last. `attempts` is how many of the task's count now.
  case attempt(index: Int, attempts: UInt16, detail: ArraySlice<UInt8>)
  /// These tasks may act from here on, for they are not repeatable and go to a node.
  case sent(shard: UUIDv7, node: String, indexes: [UInt32])
  /// These surely did not.
  case returned(indexes: [UInt32])
  /// The submitter cancelled the batch.
  case cancelled
  case lost(LossRecord)
  /// The batch has ended: its figures, as JSON.
  case ended(ArraySlice<UInt8>)
  /// What became of the call to its callback URL, as JSON.
  case called(ArraySlice<UInt8>)
  /// Whose log it is, as JSON; a later one counts.
  case pool(ArraySlice<UInt8>)
  case item(number: UInt32, bytes: ArraySlice<UInt8>)
  /// All items below the total are the pool's; the addition says under which key they came, as JSON.
  case itemsAccepted(total: Int, addition: ArraySlice<UInt8>)
  /// A pool gets no more.
  case poolClosed
  /// What became of uses of items.
  case itemsSettled([ItemSettlement])

  package struct LaneRecord: Equatable {
    package var type: String
    package var priority: Int8
    package var key: TaskKey?
    package var limit: TaskLimit?

    package init(type: String, priority: Int8, key: TaskKey?, limit: TaskLimit?) {
      (self.type, self.priority, self.key, self.limit) = (type, priority, key, limit)
    }
  }

  package struct TaskRecord {
    package var index: UInt32
    package var lane: UInt32
    package var attempts: UInt16
    package var isRepeatable: Bool
    /// It could not be made of its items, and is never sent: its bytes name its type alone.
    package var isRefused: Bool
    /// A JSON string; empty for none.
    package var id: ArraySlice<UInt8>
    package var bytes: ArraySlice<UInt8>

    package init(
      index: UInt32, lane: UInt32, attempts: UInt16, isRepeatable: Bool, isRefused: Bool = false,
      id: ArraySlice<UInt8>, bytes: ArraySlice<UInt8>
    ) {
      self.isRefused = isRefused
      (self.index, self.lane, self.attempts, self.isRepeatable) = (index, lane, attempts, isRepeatable)
      (self.id, self.bytes) = (id, bytes)
    }
  }

  package struct ResultRecord {
    package var seq: UInt32
    package var index: UInt32
    package var status: TaskState
    /// The number of the node that gave it; nil for none.
    package var node: UInt16?
    package var attempts: UInt16
    package var durationMicroseconds: UInt64
    /// What becomes of the items that the task took from pools: one record with its result, so that both are certain
    /// together.
    package var itemsEnd: ItemsEnd
    /// Its line of NDJSON, line break included.
    package var line: ArraySlice<UInt8>

    package init(
      seq: UInt32, index: UInt32, status: TaskState, node: UInt16?, attempts: UInt16, durationMicroseconds: UInt64,
      itemsEnd: ItemsEnd = .used, line: ArraySlice<UInt8>
    ) {
      self.itemsEnd = itemsEnd
      (self.seq, self.index, self.status, self.node) = (seq, index, status, node)
      (self.attempts, self.durationMicroseconds, self.line) = (attempts, durationMicroseconds, line)
    }
  }

  /// A life of a node that ended while these tasks, which are repeatable, were there.
  package struct LossRecord: Equatable, Sendable {
    package var node: String
    package var life: UInt64
    /// Milliseconds since 1970.
    package var at: Int64
    /// How many suspects were on trial there together; 0 for no trial.
    package var trialSize: UInt32
    package var indexes: [UInt32]

    package init(node: String, life: UInt64, at: Int64, trialSize: UInt32, indexes: [UInt32]) {
      (self.node, self.life, self.at) = (node, life, at)
      (self.trialSize, self.indexes) = (trialSize, indexes)
    }
  }

  private static let noNode = UInt16.max

  /// Nil for a payload that is no record of this format.
  package init?(_ payload: ArraySlice<UInt8>) {
    var reader = RecordReader(payload)
    guard let kind = Kind(rawValue: reader.uint8()) else { return nil }
    switch kind {
    case .accepted: self = .accepted(total: Int(reader.uint32()), manifest: reader.rest)
    case .lane: self = .lane(number: reader.uint32(), LaneRecord(&reader))
    case .task:
      let (index, lane, attempts, flags) = (reader.uint32(), reader.uint32(), reader.uint16(), reader.uint8())
      let id = reader.bytes(Int(reader.uint32()))
      self = .task(
        TaskRecord(
          index: index, lane: lane, attempts: attempts, isRepeatable: flags & 1 != 0, isRefused: flags & 2 != 0, id: id,
          bytes: reader.rest))
    case .closed: self = .closed
    case .taken:
      let (first, width) = (reader.uint32(), Int(reader.uint8()))
      self = .taken(first: first, width: width, items: Self.list(&reader, bytes: ItemUse.byteCount) { ItemUse(&$0) })
    case .node: self = .node(number: reader.uint16(), name: reader.text())
    case .result:
      let (seq, index, status, node) = (reader.uint32(), reader.uint32(), reader.uint8(), reader.uint16())
      let (attempts, duration) = (reader.uint16(), reader.uint64())
      guard let state = TaskState(rawValue: status & 0x3f), state.hasEnded, let items = ItemsEnd(rawValue: status >> 6)
      else { return nil }
      self = .result(
        ResultRecord(
          seq: seq, index: index, status: state, node: node == Self.noNode ? nil : node, attempts: attempts,
          durationMicroseconds: duration, itemsEnd: items, line: reader.rest))
    case .attempt:
      self = .attempt(index: Int(reader.uint32()), attempts: reader.uint16(), detail: reader.rest)
    case .sent:
      guard let shard = UUIDv7(high: reader.uint64(), low: reader.uint64()) else { return nil }
      self = .sent(shard: shard, node: reader.text(), indexes: Self.indexes(&reader))
    case .returned: self = .returned(indexes: Self.indexes(&reader))
    case .cancelled: self = .cancelled
    case .lost:
      let (node, life, at) = (reader.text(), reader.uint64(), Int64(bitPattern: reader.uint64()))
      let trialSize = reader.uint32()
      self = .lost(
        LossRecord(node: node, life: life, at: at, trialSize: trialSize, indexes: Self.indexes(&reader)))
    case .ended: self = .ended(reader.rest)
    case .called: self = .called(reader.rest)
    case .pool: self = .pool(reader.rest)
    case .item: self = .item(number: reader.uint32(), bytes: reader.rest)
    case .itemsAccepted: self = .itemsAccepted(total: Int(reader.uint32()), addition: reader.rest)
    case .poolClosed: self = .poolClosed
    case .itemsSettled:
      self = .itemsSettled(Self.list(&reader, bytes: ItemSettlement.byteCount) { ItemSettlement(&$0) })
    }
    if reader.isShort { return nil }
  }

  private static func indexes(_ reader: inout RecordReader) -> [UInt32] {
    list(&reader, bytes: 4) { $0.uint32() }
  }

  private static func list<Element>(
    _ reader: inout RecordReader, bytes: Int, _ element: (inout RecordReader) -> Element
  ) -> [Element] {
    let count = Int(reader.uint32())
    guard count <= reader.rest.count / bytes else {
      _ = reader.bytes(.max)
      return []
    }
    return (0..<count).map { _ in element(&reader) }
  }

  package func write(into writer: inout RecordWriter) {
    switch self {
    case .accepted(let total, let manifest):
      writer.record(.accepted) {
        $0.uint32(UInt32(total))
        $0.raw(manifest)
      }
    case .lane(let number, let lane):
      writer.record(.lane) {
        $0.uint32(number)
        lane.write(into: &$0)
      }
    case .task(let task): task.write(into: &writer)
    case .closed: writer.record(.closed) { _ in }
    case .taken(let first, let width, let items):
      writer.record(.taken) {
        $0.uint32(first)
        $0.uint8(UInt8(width))
        $0.uint32(UInt32(items.count))
        for item in items { item.write(into: &$0) }
      }
    case .node(let number, let name):
      writer.record(.node) {
        $0.uint16(number)
        $0.text(name)
      }
    case .result(let result): result.write(into: &writer)
    case .attempt(let index, let attempts, let detail):
      writer.record(.attempt) {
        $0.uint32(UInt32(index))
        $0.uint16(attempts)
        $0.raw(detail)
      }
    case .sent(let shard, let node, let indexes):
      writer.record(.sent) {
        $0.uint64(shard.high)
        $0.uint64(shard.low)
        $0.text(node)
        $0.indexes(indexes)
      }
    case .returned(let indexes): writer.record(.returned) { $0.indexes(indexes) }
    case .cancelled: writer.record(.cancelled) { _ in }
    case .lost(let loss): loss.write(into: &writer)
    case .ended(let detail): writer.record(.ended) { $0.raw(detail) }
    case .called(let detail): writer.record(.called) { $0.raw(detail) }
    case .pool, .item, .itemsAccepted, .poolClosed, .itemsSettled: writeOfPool(into: &writer)
    }
  }
}

extension RecordWriter {
  fileprivate mutating func indexes(_ indexes: [UInt32]) {
    uint32(UInt32(indexes.count))
    for index in indexes { uint32(index) }
  }
}

extension JournalRecord.LossRecord {
  func write(into writer: inout RecordWriter) {
    writer.record(.lost) {
      $0.text(node)
      $0.uint64(life)
      $0.uint64(UInt64(bitPattern: at))
      $0.uint32(trialSize)
      $0.indexes(indexes)
    }
  }
}

extension JournalRecord.TaskRecord {
  func write(into writer: inout RecordWriter) {
    writer.record(.task) {
      $0.uint32(index)
      $0.uint32(lane)
      $0.uint16(attempts)
      $0.uint8((isRepeatable ? 1 : 0) | (isRefused ? 2 : 0))
      $0.uint32(UInt32(id.count))
      $0.raw(id)
      $0.raw(bytes)
    }
  }
}

extension JournalRecord.ResultRecord {
  package func write(into writer: inout RecordWriter) {
    writer.record(.result) {
      $0.uint32(seq)
      $0.uint32(index)
      $0.uint8(status.rawValue | itemsEnd.rawValue << 6)
      $0.uint16(node ?? .max)
      $0.uint16(attempts)
      $0.uint64(durationMicroseconds)
      $0.raw(line)
    }
  }
}

extension JournalRecord.LaneRecord {
  private enum Flag {
    static let key: UInt8 = 1
    static let rate: UInt8 = 2
    static let concurrency: UInt8 = 4
  }

  init(_ reader: inout RecordReader) {
    type = reader.text()
    priority = Int8(bitPattern: reader.uint8())
    let flags = reader.uint8()
    key = flags & Flag.key == 0 ? nil : TaskKey(hash: reader.uint64())
    let rate = flags & Flag.rate == 0 ? nil : Double(bitPattern: reader.uint64())
    let concurrency = flags & Flag.concurrency == 0 ? nil : Int(reader.uint32())
    limit = rate == nil && concurrency == nil ? nil : TaskLimit(ratePerSecond: rate, concurrency: concurrency)
  }

  func write(into writer: inout RecordWriter) {
    writer.text(type)
    writer.uint8(UInt8(bitPattern: priority))
    let (rate, concurrency) = (limit?.ratePerSecond, limit?.concurrency)
    writer.uint8(
      (key == nil ? 0 : Flag.key) | (rate == nil ? 0 : Flag.rate) | (concurrency == nil ? 0 : Flag.concurrency))
    if let key { writer.uint64(key.hash) }
    if let rate { writer.uint64(rate.bitPattern) }
    if let concurrency { writer.uint32(UInt32(clamping: concurrency)) }
  }
}
