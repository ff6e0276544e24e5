import Batch
import Clockwork
import HTTP
import JSON
import Loop
import Net

/// One shard on its way: the request that carries it to its node, and the results that come back on the same exchange,
/// or, where that breaks, on those that take the shard up again.
///
/// Guarded by: the loop's thread.
final class ShardExchange: @unchecked Sendable {
  /// What is told of the exchange, in order; `ended` once and last.
  enum Event {
    case attempts([AttemptEnd])
    /// It broke, and the shard is to be taken up again: its tasks run on.
    case detached(why: String)
    /// The node gives the shard's results again.
    case attached
    case ended(ShardEnd, why: String)
  }

  let shard: Shard
  /// The name under which the node knows it.
  let wireID: UUIDv7
  /// The node's API.
  let authority: Authority
  /// Shards that the node need not keep any more, as this one's request says.
  let done: [UUIDv7]
  /// The node is about to end: an exchange that it does not take up at once is over.
  var nodeHasLeft = false
  private let client: HTTPClient
  private let sender: () -> ShardRequest.Sender
  private let onEvent: (Event) -> Void

  private enum Phase {
    case posting(HTTPTransfer?)
    case attaching(HTTPTransfer?)
    /// For the moment to try again.
    case waiting(LoopTimer)
    case over
  }

  private var phase = Phase.posting(nil)
  /// Requests made; what an earlier one still says is not heard.
  private var turn = 0
  private(set) var status = 0
  /// The beginning of an answer that is no stream of results.
  private var refusal: [UInt8] = []
  private var retryAfter: Duration?
  private var lines = LineSplitter(limit: CoordinatorLimits.resultLineBytes)
  /// When it was sent; nil for one that its node had before, and once the node has said that it took it.
  private var sentAt: Instant?
  /// For so long the node knows all shards that it took, says an answer that it does not know this one.
  private var nodeKnows: Duration?
  /// Indices of tasks that have not ended here.
  private var open: Set<Int>
  /// Result lines that were taken, by the node's count.
  private var taken = 0
  /// No shard of this name has more of them there: each is of a task of its own.
  private let linesAtMost: Int
  private var sawEnd = false
  /// Results of the piece that is being read: told together.
  private var ends: [AttemptEnd] = []
  private var outage = Outage()

  /// - Parameters:
  ///   - linesAtMost: result lines that it may have there; nil for as many as it has entries. What an earlier
  ///     coordinator sent may have more: its entries are those whose results are wanted still.
  ///   - sender: says who asks, at each request anew.
  init(
    _ shard: Shard, wireID: UUIDv7, to authority: Authority, done: [UUIDv7] = [], linesAtMost: Int? = nil,
    on client: HTTPClient, sender: @escaping () -> ShardRequest.Sender, _ onEvent: @escaping (Event) -> Void
  ) {
    (self.shard, self.wireID, self.authority, self.done) = (shard, wireID, authority, done)
    (self.client, self.sender, self.onEvent) = (client, sender, onEvent)
    self.linesAtMost = linesAtMost ?? shard.entries.count
    open = Set(shard.entries.map { Int($0.index) })
  }

  /// Hands the shard over.
  func start(_ body: [UInt8]) {
    sentAt = MonotonicClock.now
    let request = ShardRequest(authority: authority)
    begin(request.post(body, id: wireID, batch: shard.batch, done: done, from: sender())) { .posting($0) }
  }

  /// Takes a shard up that its node has already.
  func attach() {
    begin(ShardRequest(authority: authority).attach(wireID, after: taken, from: sender())) { .attaching($0) }
  }

  /// Breaks the exchange off and tells nothing more.
  func drop() {
    let phase = self.phase
    self.phase = .over
    switch phase {
    case .posting(let transfer), .attaching(let transfer): transfer?.cancel()
    case .waiting(let timer): timer.cancel()
    case .over: break
    }
  }

  private func begin(_ request: HTTPClientRequest, _ phase: (HTTPTransfer?) -> Phase) {
    turn += 1
    (status, refusal, retryAfter) = (0, [], nil)
    lines = LineSplitter(limit: lines.limit)
    self.phase = phase(nil)
    let turn = turn
    let transfer = client.start(
      request, onHead: { [weak self] in self?.take($0, turn) }, onBody: { [weak self] in self?.take($0, turn) },
      onEnd: { [weak self] in self?.finish($0, turn) })
    if isOpen, turn == self.turn { self.phase = phase(transfer) }
  }

  /// Whether a request is under way.
  private var isOpen: Bool {
    switch phase {
    case .posting, .attaching: true
    case .waiting, .over: false
    }
  }

  // MARK: The answer

  private func take(_ head: HTTPClientResponse.Head, _ turn: Int) {
    guard turn == self.turn, isOpen else { return }
    status = head.status
    retryAfter = head.headers["Retry-After"].flatMap(Int.init).map { .seconds(max(0, min($0, 3_600))) }
    nodeKnows = head.headers["Ignareo-Knows-Ms"].flatMap(Int.init).map { .milliseconds(min($0, 1 << 50)) }
    guard status == 200 else { return }
    sentAt = nil
    guard case .attaching = phase else { return }
    if let start = head.headers["Ignareo-After"] {
      // A count that cannot be would be asked for again and again, and the next line of the greatest one would trap.
      guard let number = Int(start), (taken...linesAtMost).contains(number) else {
        return end(.garbled, "it begins behind result '\(start.prefix(20))' of \(linesAtMost), \(taken) of them told")
      }
      taken = number
    }
    if outage.isTold {
      outage.isTold = false
      onEvent(.attached)
    }
  }

  private func take(_ bytes: [UInt8], _ turn: Int) {
    guard turn == self.turn, isOpen else { return }
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
        return goOnBehind("it answered with a line of more than \(lines.limit) bytes")
      }
      isGarbled = true
    }
    tell()
    if isGarbled, isOpen { end(.garbled, "it answered with a line that is no result") }
  }

  /// Ends the task that a line is about which cannot be read: the others of the shard go on. False if it is not known.
  private func failUnreadable(_ line: ArraySlice<UInt8>) -> Bool {
    guard let index = ShardLine.index(ofUnreadable: line) ?? (open.count == 1 ? open.first : nil) else { return false }
    let error = AttemptError.internal("the node's result could not be read: it is too long, too deep, or no JSON")
    take(AttemptEnd(index: index, outcome: .error(error)))
    return true
  }

  /// False for a line that makes no sense.
  private func take(line: ArraySlice<UInt8>) -> Bool {
    outage.isOver()
    switch ShardLine(line) {
    case .attempt(let end)?: take(end)
    case .load?: break
    case .end?: sawEnd = true
    case nil: return failUnreadable(line)
    }
    return true
  }

  private func take(_ end: AttemptEnd) {
    // A node that tells what it told before changes nothing.
    taken = min(taken + 1, linesAtMost)
    open.remove(end.index)
    ends.append(end)
  }

  private func tell() {
    guard !ends.isEmpty, isOpen else { return }
    let told = ends
    ends = []
    onEvent(.attempts(told))
  }

  // MARK: The end

  private func end(_ end: ShardEnd, _ why: String) {
    drop()
    onEvent(.ended(end, why: why))
  }

  private func finish(_ result: Result<HTTPClientTiming, HTTPClientError>, _ turn: Int) {
    guard turn == self.turn else { return }
    switch (phase, result) {
    case (.over, _), (.waiting, _): break
    case (_, .success) where status == 200 && sawEnd: end(.finished, "")
    case (_, .success) where status == 200: interrupt("its answer ended before its last line")
    case (.posting, .success): refused()
    case (.posting, .failure) where status != 0 && status != 200: refused()
    case (.posting, .failure(let error)) where error.surelyNoEffect && status == 0: end(.notSent, error.message)
    case (.attaching, .success): notAttached()
    case (.attaching, .failure) where status != 0 && status != 200: notAttached()
    case (_, .failure(let error)): interrupt(error.message, isRefused: error.isRefused)
    }
  }

  /// Whatever else than 200 it answers, it took nothing, also when the rest of its answer never comes.
  private func refused() {
    end(retryAfter.map { ShardEnd.refused(retryAfter: $0) } ?? .notSent, refusalText)
  }

  /// A node that does not know the shard was started anew, or forgot it, and what its tasks did is not known; unless
  /// the node says that it knows all that it took since before this was sent: it was never read, and never will be.
  private func notAttached() {
    guard status < 500, status != 429 else { return interrupt(refusalText) }
    guard status == 404 else { return end(.broken, refusalText) }
    if let sentAt, let nodeKnows, nodeKnows > MonotonicClock.now - sentAt {
      return end(.notSent, "it never got the shard")
    }
    end(.died, "it does not know the shard any more")
  }

  private var refusalText: String {
    let detail = (try? JSONValue.parse(refusal))?["detail"]?.string
    return "it answered \(status)" + (detail.map { ": \($0)" } ?? "")
  }

  /// The number of a node's newest epoch, in what it said when it refused an older one.
  var refusedEpoch: Int64? {
    guard status == 409, let detail = (try? JSONValue.parse(refusal))?["detail"]?.string else { return nil }
    return detail.split { !$0.isASCII || !$0.isNumber }.compactMap { Int64($0) }.max()
  }

  // MARK: Taking it up again

  private func goOnBehind(_ why: String) {
    guard isOpen else { return }
    drop()
    interrupt(why)
  }

  /// - Parameter isRefused: nobody listens where the node was.
  private func interrupt(_ why: String, isRefused: Bool = false) {
    guard let pause = outage.next(at: client.loop.now, isRefused: isRefused, isLast: nodeHasLeft) else {
      return end(isRefused ? .died : .broken, why)
    }
    phase = .waiting(client.loop.schedule(after: pause) { [weak self] in self?.attach() })
    guard !outage.isTold else { return }
    outage.isTold = true
    onEvent(.detached(why: why))
  }
}
