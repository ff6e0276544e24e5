import Batch
import Clockwork
import HTTP
import JSON
import Loop
import Net

/// One shard on its way: the request that carries it to its node, and the results that come back on the same exchange.
///
/// Guarded by: the loop's thread.
final class ShardExchange: @unchecked Sendable {
  /// What is told of the exchange, in order; `ended` once and last.
  enum Event {
    case attempts([AttemptEnd])
    case ended(ShardEnd, why: String)
  }

  let shard: Shard
  /// The name under which the node knows it.
  let wireID: UUIDv7
  /// The node's API.
  let authority: Authority
  private let onEvent: (Event) -> Void
  private var transfer: HTTPTransfer?
  private(set) var status = 0
  /// The beginning of an answer that is no stream of results.
  private var refusal: [UInt8] = []
  private var retryAfter: Duration?
  private var lines = LineSplitter(limit: CoordinatorLimits.resultLineBytes)
  /// Indices of tasks that have not ended here.
  private var open: Set<Int>
  private var sawEnd = false
  private var isOver = false
  /// Results of the piece that is being read: told together.
  private var ends: [AttemptEnd] = []

  init(_ shard: Shard, wireID: UUIDv7, to authority: Authority, _ onEvent: @escaping (Event) -> Void) {
    (self.shard, self.wireID, self.authority, self.onEvent) = (shard, wireID, authority, onEvent)
    open = Set(shard.entries.map { Int($0.index) })
  }

  func start(_ body: [UInt8], sender: Sender, on client: HTTPClient) {
    let query = Query(items: [
      Query.Item(name: "id", value: wireID.text), Query.Item(name: "batch", value: shard.batch.text),
      Query.Item(name: "coordinator", value: sender.name), Query.Item(name: "epoch", value: String(sender.epoch)),
    ])
    var request = HTTPClientRequest(
      "http://\(authority)/shards?\(query.encoded)", method: "POST",
      headers: ["Content-Type": "application/x-ndjson"], body: .bytes(body))
    request.timeout = nil
    request.idleTimeout = CoordinatorLimits.exchangeSilence
    request.followsRedirects = false
    transfer = client.start(
      request, onHead: { [weak self] in self?.take($0) }, onBody: { [weak self] in self?.take($0) },
      onEnd: { [weak self] in self?.finish($0) })
  }

  /// Breaks the exchange off and tells nothing more.
  func drop() {
    isOver = true
    transfer?.cancel()
    transfer = nil
  }

  private func take(_ head: HTTPClientResponse.Head) {
    status = head.status
    retryAfter = head.headers["Retry-After"].flatMap(Int.init).map { .seconds(max(0, min($0, 3_600))) }
  }

  private func take(_ bytes: [UInt8]) {
    guard !isOver else { return }
    guard status == 200 else {
      if refusal.count < CoordinatorLimits.refusalBytes { refusal += bytes }
      return
    }
    var isGarbled = false
    do throws(LineSplitter.TooLong) {
      try lines.take(bytes) { line, _ in isGarbled = !take(line: line) || isGarbled }
    } catch {
      if failUnreadable(error.beginning) {
        tell()
        return breakOff(.broken, "it answered with a line of more than \(lines.limit) bytes")
      }
      isGarbled = true
    }
    tell()
    if isGarbled { breakOff(.garbled, "it answered with a line that is no result") }
  }

  /// Ends the task that a line is about which cannot be read: the others of the shard go on. False if it is not known.
  private func failUnreadable(_ line: ArraySlice<UInt8>) -> Bool {
    guard let index = ShardLine.index(ofUnreadable: line) ?? (open.count == 1 ? open.first : nil) else { return false }
    let error = AttemptError.internal("the node's result could not be read: it is too long, too deep, or no JSON")
    open.remove(index)
    ends.append(AttemptEnd(index: index, outcome: .error(error)))
    return true
  }

  /// False for a line that makes no sense.
  private func take(line: ArraySlice<UInt8>) -> Bool {
    switch ShardLine(line) {
    case .attempt(let end)?:
      open.remove(end.index)
      ends.append(end)
    case .load?: break
    case .end?: sawEnd = true
    case nil: return failUnreadable(line)
    }
    return true
  }

  private func tell() {
    guard !ends.isEmpty, !isOver else { return }
    let told = ends
    ends = []
    onEvent(.attempts(told))
  }

  private func breakOff(_ end: ShardEnd, _ why: String) {
    guard !isOver else { return }
    isOver = true
    transfer?.cancel()
    onEvent(.ended(end, why: why))
  }

  private func finish(_ result: Result<HTTPClientTiming, HTTPClientError>) {
    guard !isOver else { return }
    isOver = true
    transfer = nil
    switch result {
    case .success where status == 200:
      onEvent(sawEnd ? .ended(.finished, why: "") : .ended(.broken, why: "its answer ended before its last line"))
    case .success: refused()
    case .failure where status != 0 && status != 200: refused()
    case .failure(let error):
      onEvent(.ended(error.surelyNoEffect && status == 0 ? .notSent : .broken, why: error.message))
    }
  }
}

extension ShardExchange {
  /// The number of a node's newest epoch, in what it said when it refused an older one.
  var refusedEpoch: Int64? {
    guard status == 409, let detail = (try? JSONValue.parse(refusal))?["detail"]?.string else { return nil }
    return detail.split { !$0.isASCII || !$0.isNumber }.compactMap { Int64($0) }.max()
  }

  /// Whatever else than 200 it answers, it took nothing, also when the rest of its answer never comes.
  private func refused() {
    let end = retryAfter.map { ShardEnd.refused(retryAfter: $0) } ?? .notSent
    let detail = (try? JSONValue.parse(refusal))?["detail"]?.string
    onEvent(.ended(end, why: "it answered \(status)" + (detail.map { ": \($0)" } ?? "")))
  }

  /// Who sends shards: a node refuses those of an older epoch of the same name.
  struct Sender {
    let name: String
    private(set) var epoch: Int64

    init(name: String, epoch: Int64) { (self.name, self.epoch) = (name, epoch) }

    /// A node knows a later epoch than ours: the clock was ahead when an earlier process of this name began.
    mutating func exceed(_ other: Int64, _ now: Timestamp) {
      epoch = max(epoch, now.milliseconds, min(other, 1 << 60) + 1)
    }
  }

  /// The request's body: a line for each task, with its index and attempt before the submitter's own members.
  ///
  /// - Returns: the bytes, and how many of the entries they hold; the others go elsewhere.
  static func body(_ entries: [Shard.Entry], _ tasks: [Int: JournalTask]) -> (bytes: [UInt8], count: Int) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(tasks.values.reduce(0) { $0 + $1.bytes.count + 32 }, CoordinatorLimits.shardBodyBytes))
    for (place, entry) in entries.enumerated() {
      guard let task = tasks[Int(entry.index)] else { return (bytes, place) }
      if place > 0, bytes.count + task.bytes.count > CoordinatorLimits.shardBodyBytes { return (bytes, place) }
      bytes += "{\"index\":".utf8
      bytes += String(entry.index).utf8
      bytes += ",\"attempt\":".utf8
      bytes += String(entry.attempt).utf8
      bytes.append(UInt8(ascii: ","))
      bytes += task.bytes.dropFirst()
      bytes.append(0x0a)
    }
    return (bytes, entries.count)
  }
}
